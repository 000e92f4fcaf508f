//! redb, in memory and in a file.

use std::sync::Arc;

use remote_auth_mcp::{
    ports::records::{Address, Container, ItemStore, Write},
    store::embedded::{Embedded, OpenError},
};
use serde_json::json;
use testkit::ManualClock;
use time::Duration;

use crate::contract;

#[tokio::test]
async fn the_store_in_memory_holds_the_contract() {
    let clock = Arc::new(ManualClock::default());
    let store = Embedded::in_memory(Arc::clone(&clock) as _).unwrap();
    contract::holds(&store, &clock).await;
}

#[tokio::test]
async fn the_store_in_a_file_holds_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let store = Embedded::open(&folder.path().join("store.redb"), Arc::clone(&clock) as _).unwrap();
    contract::holds(&store, &clock).await;
}

fn address() -> Address {
    Address { container: Container::Clients, partition: "p".into(), id: "i".into() }
}

#[tokio::test]
async fn a_restart_keeps_items_and_their_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let clock = Arc::new(ManualClock::default());
    let open = || Embedded::open(&path, Arc::clone(&clock) as _).unwrap();
    let store = open();
    let Write::Done(etag) = store.create(&address(), &json!({ "n": 1 }), Duration::hours(1)).await.unwrap() else {
        panic!("the item exists")
    };
    drop(store);
    let item = open().get(&address()).await.unwrap().unwrap();
    assert_eq!((item.body, item.etag), (json!({ "n": 1 }), etag));
}

#[tokio::test]
async fn a_second_opening_of_the_file_says_that_it_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let clock = Arc::new(ManualClock::default());
    let _first = Embedded::open(&path, Arc::clone(&clock) as _).unwrap();
    let second = Embedded::open(&path, clock as _);
    assert!(matches!(second, Err(OpenError::InUse(_))));
}

#[tokio::test]
async fn a_sweep_drops_only_what_has_outlived_its_ttl() {
    let clock = Arc::new(ManualClock::default());
    let store = Embedded::in_memory(Arc::clone(&clock) as _).unwrap();
    let long = Address { id: "long".into(), ..address() };
    store.create(&address(), &json!({}), Duration::seconds(10)).await.unwrap();
    store.create(&long, &json!({}), Duration::seconds(1000)).await.unwrap();
    clock.advance(Duration::seconds(100));
    assert_eq!(store.sweep().unwrap(), 1);
    assert!(store.get(&long).await.unwrap().is_some());
}
