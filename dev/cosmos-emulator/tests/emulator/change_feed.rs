//! The change feed as an event log reads it: one partition, from a point in time, on with a continuation token.

use std::time::Duration;

use azure_data_cosmos::{
    ContainerClient, FeedScope,
    feed::ContinuationToken,
    options::{ChangeFeedOptions, ChangeFeedStartFrom},
};
use cosmos_emulator::Verb;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::support::{Rig, item, mortal, utc_now};

/// Reads until nothing is new: the values in order, and where to go on.
async fn drain(
    container: &ContainerClient,
    start: ChangeFeedStartFrom,
    token: Option<ContinuationToken>,
) -> (Vec<i64>, ContinuationToken) {
    let mut options = ChangeFeedOptions::default();
    if let Some(token) = token {
        options = options.with_continuation_token(token);
    }
    let feed = container.query_change_feed::<Value>(FeedScope::partition("alice"), start, Some(options));
    let mut pages = Box::pin(feed).await.unwrap();
    let mut values = Vec::new();
    loop {
        let page = pages.next().await.unwrap().unwrap();
        if page.items().is_empty() {
            return (values, pages.to_continuation_token().unwrap());
        }
        values.extend(page.items().iter().map(|change| change.current().unwrap()["value"].as_i64().unwrap()));
    }
}

fn seconds_from_now(seconds: i64) -> ChangeFeedStartFrom {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let now = utc_now();
    ChangeFeedStartFrom::PointInTime(if seconds < 0 { now - by } else { now + by })
}

#[tokio::test]
async fn changes_of_one_partition_come_in_the_order_of_their_writes() {
    let rig = Rig::start().await;
    let (writer, reader) = (rig.container("owners").await, rig.container("owners").await);
    for (id, value) in [("c", 1), ("a", 2), ("b", 3)] {
        writer.create_item("alice", id, item(id, value), None).await.unwrap();
    }
    writer.create_item("bob", "x", json!({ "id": "x", "owner": "bob", "value": 9 }), None).await.unwrap();
    writer.replace_item("alice", "c", item("c", 4), None).await.unwrap();
    let (values, _) = drain(&reader, ChangeFeedStartFrom::Beginning, None).await;
    assert_eq!(values, [2, 3, 4], "only the latest version of each, where it was written");
}

#[tokio::test]
async fn a_continuation_token_goes_on_where_the_last_reading_ended() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    let (values, token) = drain(&container, seconds_from_now(-5), None).await;
    assert_eq!(values, [0; 0]);
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    let (values, token) = drain(&container, seconds_from_now(-5), Some(token)).await;
    assert_eq!(values, [1]);
    let (values, token) = drain(&container, seconds_from_now(-5), Some(token)).await;
    assert_eq!(values, [0; 0]);
    container.create_item("alice", "b", item("b", 2), None).await.unwrap();
    assert_eq!(drain(&container, seconds_from_now(-5), Some(token)).await.0, [2]);
}

#[tokio::test]
async fn one_reading_goes_on_after_an_empty_page() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    let feed = container.query_change_feed::<Value>(FeedScope::partition("alice"), seconds_from_now(-5), None);
    let mut pages = Box::pin(feed).await.unwrap();
    assert!(pages.next().await.unwrap().unwrap().items().is_empty());
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    let page = pages.next().await.unwrap().unwrap();
    assert_eq!(page.items()[0].current().unwrap()["value"], 1);
    assert!(pages.next().await.unwrap().unwrap().items().is_empty());
    assert_eq!(rig.statuses(Verb::Feed), [Some(304), Some(200), Some(304)], "one request a page");
}

#[tokio::test]
async fn changes_before_the_point_in_time_are_left_out() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", item("a", 1), None).await.unwrap();
    assert_eq!(drain(&container, seconds_from_now(-5), None).await.0, [1]);
    assert_eq!(drain(&container, seconds_from_now(60), None).await.0, [0; 0]);
}

#[tokio::test]
async fn a_date_is_read_of_a_change_feed_and_must_be_one() {
    let rig = Rig::start().await;
    let feed = |since: &str| {
        let request = rig.bare(reqwest::Method::GET, "/dbs/mcp/colls/owners/docs");
        request.header("x-ms-documentdb-partitionkey", r#"["alice"]"#).header("if-modified-since", since)
    };
    assert_eq!(feed("yesterday").send().await.unwrap().status(), 200, "not a change feed");
    for (since, status) in [("yesterday", 400), ("Tue, 24 Nov 2026 00:00:10 GMT", 304)] {
        let answer = feed(since).header("a-im", "Incremental Feed").send().await.unwrap();
        assert_eq!(answer.status(), status, "{since}");
    }
}

#[tokio::test]
async fn expired_items_are_in_no_feed() {
    let rig = Rig::start().await;
    let container = rig.container("owners").await;
    container.create_item("alice", "a", mortal("a", 60), None).await.unwrap();
    rig.advance(60);
    assert_eq!(drain(&container, ChangeFeedStartFrom::Beginning, None).await.0, [0; 0]);
}
