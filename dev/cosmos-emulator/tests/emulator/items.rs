//! Items over real sockets: what one client writes, another reads.

use azure_core::http::Etag;
use azure_data_cosmos::{
    FeedScope,
    options::{ItemWriteOptions, Precondition},
};
use cosmos_emulator::{Operation, Verb};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use crate::support::{Rig, item, status, value};

fn if_match(etag: Etag) -> ItemWriteOptions {
    ItemWriteOptions::default().with_precondition(Precondition::if_match(etag))
}

#[tokio::test]
async fn a_write_of_one_client_is_read_by_another_at_once() {
    let rig = Rig::start().await;
    let (one, other) = (rig.container("owners").await, rig.container("owners").await);
    for number in 0..20 {
        let id = format!("item-{number}");
        one.create_item("alice", &id, item(&id, number), None).await.unwrap();
        assert_eq!(value(&other, &id).await, Ok(number));
        other.replace_item("alice", &id, item(&id, -number), None).await.unwrap();
        assert_eq!(value(&one, &id).await, Ok(-number));
        one.delete_item("alice", &id, None).await.unwrap();
        assert_eq!(value(&other, &id).await, Err(404));
    }
}

#[tokio::test]
async fn twenty_creates_of_one_item_are_one_created_and_nineteen_conflicts() {
    let rig = Rig::start().await;
    let clients = [rig.container("authorizations").await, rig.container("authorizations").await];
    let creates = (0..20).map(|number| {
        let container = clients[number % 2].clone();
        tokio::spawn(async move {
            let created = container.create_item("a", "a", json!({ "id": "a", "by": number }), None).await;
            created.map_or_else(|error| status(&error), |created| u16::from(created.status().status_code()))
        })
    });
    let mut statuses = Vec::new();
    for create in creates.collect::<Vec<_>>() {
        statuses.push(create.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 19]].concat());
    assert_eq!(rig.emulator.operations().len(), 20);
}

#[tokio::test]
async fn a_write_under_an_older_etag_is_412() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    let created = container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    let first = created.headers().etag().cloned().unwrap();
    let replaced = container.replace_item("alice", "a", item("a", 2), Some(if_match(first.clone()))).await.unwrap();
    let second = replaced.headers().etag().cloned().unwrap();
    assert_ne!(first, second);
    let late = container.replace_item("alice", "a", item("a", 3), Some(if_match(first.clone()))).await.unwrap_err();
    assert_eq!(status(&late), 412);
    let late = container.delete_item("alice", "a", Some(if_match(first))).await.unwrap_err();
    assert_eq!(status(&late), 412);
    assert_eq!(value(&container, "a").await, Ok(2));
    container.delete_item("alice", "a", Some(if_match(second))).await.unwrap();
}

#[tokio::test]
async fn replace_and_delete_of_what_is_not_there_are_404() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    let replaced = container.replace_item("alice", "a", item("a", 1), None).await.unwrap_err();
    let deleted = container.delete_item("alice", "a", None).await.unwrap_err();
    assert_eq!([status(&replaced), status(&deleted)], [404, 404]);
    container.upsert_item("alice", "a", item("a", 1), None).await.unwrap();
    assert_eq!(value(&container, "a").await, Ok(1));
}

#[tokio::test]
async fn a_query_in_one_partition_sees_its_items_only() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    for id in ["a", "b"] {
        container.create_item("alice", id, item(id, 1), None).await.unwrap();
    }
    container.create_item("bob", "c", json!({ "id": "c", "owner": "bob" }), None).await.unwrap();
    let found: Vec<Value> = container
        .query_items("SELECT * FROM c", FeedScope::partition("alice"), None)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let mut ids: Vec<&str> = found.iter().map(|item| item["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a", "b"]);
    let queries = rig.emulator.operations().into_iter().filter(|operation| operation.verb == Verb::Query);
    assert_eq!(queries.map(|query| query.partition).collect::<Vec<_>>(), [Some("alice".to_owned())]);
}

#[tokio::test]
async fn every_container_has_its_partition_key_and_no_default_expiry() {
    let rig = Rig::start().await;
    for (name, path) in [
        ("clients", "/id"),
        ("authorizations", "/id"),
        ("owners", "/owner"),
        ("keyring", "/id"),
        ("events", "/instance"),
        ("operator", "/kind"),
    ] {
        let properties: Value = rig
            .bare(reqwest::Method::GET, &format!("/dbs/mcp/colls/{name}"))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(properties["partitionKey"]["paths"], json!([path]), "{name}");
        assert_eq!(properties["defaultTtl"], json!(-1), "{name}");
    }
}

#[tokio::test]
async fn operations_are_recorded_without_metadata() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    assert_eq!(rig.emulator.operations(), []);
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    value(&container, "missing").await.unwrap_err();
    let operation = |verb, id: &str, status, charge| Operation {
        charge,
        verb,
        container: "owners".to_owned(),
        partition: Some("alice".to_owned()),
        id: Some(id.to_owned()),
        status: Some(status),
        answered: true,
    };
    let expected = [operation(Verb::Create, "a", 201, 6.7), operation(Verb::Read, "missing", 404, 0.0)];
    assert_eq!(rig.emulator.operations(), expected);
    assert_eq!(rig.emulator.clear_operations(), expected);
    assert_eq!(rig.emulator.operations(), []);
}

/// The front tells an operation on items from metadata, and which it is, by method, path and header.
#[tokio::test]
async fn each_operation_on_items_is_recorded_under_its_verb_and_metadata_under_none() {
    let rig = Rig::start().await;
    let (docs, doc) = ("/dbs/mcp/colls/owners/docs", "/dbs/mcp/colls/owners/docs/a");
    let send = async |method: &str, path: &str, header: Option<&str>| {
        let request = rig.bare(method.parse().unwrap(), path).header("x-ms-documentdb-partitionkey", r#"["alice"]"#);
        let request = request.body(item("a", 1).to_string());
        let request = header.into_iter().fold(request, |request, name| request.header(name, "True"));
        request.send().await.unwrap();
        rig.emulator.operations().last().map(|operation| operation.verb)
    };
    for path in ["/", "/dbs/mcp", "/dbs/mcp/colls/owners", "/dbs/mcp/colls/owners/pkranges"] {
        assert_eq!(send("GET", path, None).await, None, "{path}");
    }
    assert_eq!(send("POST", docs, Some("x-ms-cosmos-is-query-plan-request")).await, None);
    for (method, path, header, verb) in [
        ("GET", docs, None, Verb::Feed),
        ("POST", docs, None, Verb::Create),
        ("POST", docs, Some("x-ms-documentdb-is-upsert"), Verb::Upsert),
        ("POST", docs, Some("x-ms-documentdb-isquery"), Verb::Query),
        ("GET", doc, None, Verb::Read),
        ("PUT", doc, None, Verb::Replace),
        ("DELETE", doc, None, Verb::Delete),
    ] {
        assert_eq!(send(method, path, header).await, Some(verb), "{method} {path}");
    }
}

#[tokio::test]
async fn a_dump_has_every_item_of_every_container() {
    let rig = Rig::start().await;
    rig.container("owners").await.create_item("alice", "a", item("a", 1), None).await.unwrap();
    rig.container("keyring").await.create_item("ring", "ring", json!({ "id": "ring" }), None).await.unwrap();
    let ids: Vec<Value> = rig.emulator.dump().await.iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids, ["a", "ring"]);
    assert_eq!(rig.emulator.dump_container("owners").await[0]["value"], 1);
}
