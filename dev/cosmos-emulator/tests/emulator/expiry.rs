//! `ttl` counts from the last write, by the emulator's clock.

use cosmos_emulator::Verb;
use reqwest::Method;
use serde_json::json;

use crate::support::{Rig, item, mortal, value};

#[tokio::test]
async fn an_item_is_gone_for_readers_once_it_expired() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", mortal("a", 60), None).await.unwrap();
    rig.advance(59);
    assert_eq!(value(&container, "a").await, Ok(1));
    rig.advance(1);
    assert_eq!(value(&container, "a").await, Err(404));
    container.create_item("alice", "a", mortal("a", 60), None).await.unwrap();
    assert_eq!(rig.statuses(Verb::Create), [Some(201), Some(201)], "its id is free again");
}

/// As if it had been swept in the background.
#[tokio::test]
async fn an_expired_item_is_not_there_though_nobody_read_it() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    for (id, ttl) in [("a", 60), ("b", 61)] {
        container.create_item("alice", id, mortal(id, ttl), None).await.unwrap();
    }
    rig.advance(60);
    let left = rig.emulator.dump().await;
    assert_eq!(left.iter().map(|item| &item["id"]).collect::<Vec<_>>(), ["b"]);
}

#[tokio::test]
async fn every_write_restarts_the_time_to_live() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", mortal("a", 60), None).await.unwrap();
    rig.advance(40);
    container.replace_item("alice", "a", mortal("a", 60), None).await.unwrap();
    rig.advance(40);
    assert_eq!(value(&container, "a").await, Ok(1));
    container.upsert_item("alice", "a", mortal("a", -1), None).await.unwrap();
    rig.advance(1_000_000_000);
    assert_eq!(value(&container, "a").await, Ok(1), "-1 is for ever");
}

#[tokio::test]
async fn a_refused_write_does_not_prolong_a_life() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", mortal("a", 60), None).await.unwrap();
    rig.advance(40);
    container.create_item("alice", "a", mortal("a", 60), None).await.unwrap_err();
    rig.advance(20);
    assert_eq!(value(&container, "a").await, Err(404));
}

#[tokio::test]
async fn an_item_without_ttl_stays() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    rig.advance(1_000_000_000);
    assert_eq!(value(&container, "a").await, Ok(1));
}

#[tokio::test]
async fn an_expired_item_cannot_be_replaced_or_deleted() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", mortal("a", 1), None).await.unwrap();
    rig.advance(1);
    container.replace_item("alice", "a", mortal("a", 1), None).await.unwrap_err();
    container.delete_item("alice", "a", None).await.unwrap_err();
    assert_eq!([rig.statuses(Verb::Replace), rig.statuses(Verb::Delete)], [[Some(404)], [Some(404)]]);
}

#[tokio::test]
async fn a_ttl_that_cosmos_refuses_is_refused() {
    let rig = Rig::start().await;
    for ttl in [json!(0), json!(-2), json!("60"), json!(1.5), json!(2_147_483_648_i64)] {
        let response = rig
            .bare(Method::POST, "/dbs/mcp/colls/owners/docs")
            .header("x-ms-documentdb-partitionkey", r#"["alice"]"#)
            .body(json!({ "id": "a", "owner": "alice", "ttl": ttl }).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{ttl}");
    }
    assert!(rig.emulator.dump().await.is_empty());
}
