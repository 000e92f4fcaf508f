//! redb, in memory and in a file.

use std::sync::Arc;

use remote_auth_mcp::{
    ports::records::{Address, Container, ItemStore, Write},
    store::embedded::{Embedded, OpenStoreError},
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
    assert!(matches!(second, Err(OpenStoreError::InUse(_))));
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

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_by_its_name_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    std::fs::write(&path, "this is no database, but somebody may want it").unwrap();
    let refused = Embedded::open(&path, Arc::new(ManualClock::default()) as _).err().unwrap();
    assert!(
        matches!(refused, OpenStoreError::Failed(..)) && refused.to_string().starts_with(path.to_str().unwrap()),
        "{refused}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "this is no database, but somebody may want it");
}

#[tokio::test]
async fn a_sweep_drops_every_expired_item_of_many_and_no_other() {
    let clock = Arc::new(ManualClock::default());
    let store = Embedded::in_memory(Arc::clone(&clock) as _).unwrap();
    for number in 0..600 {
        let address = Address { id: number.to_string(), ..address() };
        let ttl = if number % 2 == 0 { Duration::seconds(10) } else { Duration::HOUR };
        store.create(&address, &json!({}), ttl).await.unwrap();
    }
    clock.advance(Duration::seconds(10));
    assert_eq!((store.sweep().unwrap(), store.sweep().unwrap()), (300, 0));
    assert_eq!(store.list(Container::Clients, "p", "").await.unwrap().len(), 300);
}

#[tokio::test]
async fn items_that_expired_while_nothing_ran_go_after_the_start_and_not_during_it() {
    tokio::time::pause();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let clock = Arc::new(ManualClock::default());
    let open = || Embedded::open(&path, Arc::clone(&clock) as _).unwrap();
    open().create(&address(), &json!({}), Duration::seconds(10)).await.unwrap();
    clock.advance(Duration::seconds(10));
    assert_eq!(open().sweep().unwrap(), 1);
    open().create(&address(), &json!({}), Duration::seconds(10)).await.unwrap();
    clock.advance(Duration::seconds(10));
    let (log, _guard) = testkit::EventLog::start();
    let store = open();
    store.keep_swept();
    while !log.events().iter().any(|line| line.contains("dropped=1")) {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(store.sweep().unwrap(), 0);
}

#[tokio::test]
async fn a_store_is_swept_every_hour_for_as_long_as_it_is_used() {
    tokio::time::pause();
    let clock = Arc::new(ManualClock::default());
    let store = Embedded::in_memory(Arc::clone(&clock) as _).unwrap();
    let (log, _guard) = testkit::EventLog::start();
    let swept = || log.events().iter().filter(|line| line.contains("expired records deleted")).count();
    store.keep_swept();
    while swept() == 0 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    store.create(&address(), &json!({}), Duration::seconds(10)).await.unwrap();
    clock.advance(Duration::seconds(10));
    tokio::time::sleep(std::time::Duration::from_mins(50)).await;
    assert_eq!(swept(), 1);
    while swept() == 1 {
        tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    }
    assert!(log.events().iter().any(|line| line.contains("dropped=1")), "{:?}", log.events());
    assert_eq!(store.sweep().unwrap(), 0);
}

#[tokio::test]
async fn an_etag_that_no_item_ever_had_replaces_nothing() {
    let store = Embedded::in_memory(Arc::new(ManualClock::default()) as _).unwrap();
    store.create(&address(), &json!({ "n": 1 }), Duration::HOUR).await.unwrap();
    for etag in ["", "0", "01", " 1", "1.0", "*", "\"1\""] {
        assert_eq!(
            store.replace(&address(), etag, &json!({}), Duration::HOUR).await.unwrap(),
            Write::Conflict,
            "{etag}"
        );
    }
    assert_eq!(store.get(&address()).await.unwrap().unwrap().body, json!({ "n": 1 }));
}

#[tokio::test]
async fn an_expired_item_is_neither_replaced_nor_listed_and_may_be_created_again() {
    let clock = Arc::new(ManualClock::default());
    let store = Embedded::in_memory(Arc::clone(&clock) as _).unwrap();
    let Write::Done(etag) = store.create(&address(), &json!({ "n": 1 }), Duration::seconds(10)).await.unwrap() else {
        panic!("it exists")
    };
    clock.advance(Duration::seconds(10));
    assert_eq!(store.replace(&address(), &etag, &json!({ "n": 2 }), Duration::HOUR).await.unwrap(), Write::Conflict);
    assert_eq!(store.list(Container::Clients, "p", "").await.unwrap(), []);
    let again = store.create(&address(), &json!({ "n": 3 }), Duration::HOUR).await.unwrap();
    assert!(matches!(again, Write::Done(version) if version != etag));
}
