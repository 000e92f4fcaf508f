//! A write that succeeded and is reported as a conflict, because its retry met itself, counts as done.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use authorization_server::{
    client::Client,
    id::Id,
    ports::{Advanced, Created, Repository},
};
use remote_auth_mcp::{
    ports::records::{Address, Container, Item, Records, StoreError, Write},
    store::{RecordRepository, embedded::Embedded},
};
use serde_json::Value;
use testkit::{ManualClock, SeededEntropy};
use time::{Duration, macros::datetime};

/// A store whose client retried: the write stands, the answer is a conflict.
struct Retried {
    store: Embedded,
    retrying: AtomicBool,
}

impl Retried {
    fn reported(&self, write: Write) -> Write {
        if self.retrying.load(Ordering::SeqCst) { Write::Conflict } else { write }
    }
}

#[async_trait]
impl Records for Retried {
    async fn get(&self, address: &Address) -> Result<Option<Item>, StoreError> {
        self.store.get(address).await
    }
    async fn create(&self, address: &Address, body: &Value, ttl: Duration) -> Result<Write, StoreError> {
        Ok(self.reported(self.store.create(address, body, ttl).await?))
    }
    async fn replace(&self, address: &Address, etag: &str, body: &Value, ttl: Duration) -> Result<Write, StoreError> {
        Ok(self.reported(self.store.replace(address, etag, body, ttl).await?))
    }
    async fn delete(&self, address: &Address) -> Result<(), StoreError> {
        self.store.delete(address).await
    }
    async fn list(&self, container: Container, partition: &str) -> Result<Vec<(String, Item)>, StoreError> {
        self.store.list(container, partition).await
    }
}

fn client(name: &str) -> Client {
    let at = datetime!(2100-01-01 00:00 UTC);
    Client {
        id: Id::from_bytes([1; 16]),
        name: Some(name.to_owned()),
        redirect_uris: Vec::new(),
        registered_at: at,
        used_at: None,
        expires_at: at,
    }
}

fn rig() -> (Arc<Retried>, RecordRepository<Client>) {
    let clock = Arc::new(ManualClock::default());
    let store = Embedded::in_memory(Arc::clone(&clock) as _).unwrap();
    let records = Arc::new(Retried { store, retrying: AtomicBool::new(true) });
    let repository = RecordRepository::new(Arc::clone(&records) as _, clock, Arc::new(SeededEntropy::new(1)));
    (records, repository)
}

#[tokio::test]
async fn a_create_that_met_itself_is_done() {
    let (_, repository) = rig();
    assert!(matches!(repository.create(client("a")).await.unwrap(), Created::Done(_)));
}

#[tokio::test]
async fn a_create_that_met_another_is_not() {
    let (_, repository) = rig();
    repository.create(client("a")).await.unwrap();
    let Created::Exists(found) = repository.create(client("b")).await.unwrap() else { panic!("both were created") };
    assert_eq!(found.value.name.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_replace_that_met_itself_is_done_and_its_version_goes_on() {
    let (records, repository) = rig();
    let Created::Done(first) = repository.create(client("a")).await.unwrap() else { panic!("it exists") };
    let Advanced::Done(second) = repository.advance(&first.version, client("b")).await.unwrap() else {
        panic!("it was lost to itself")
    };
    records.retrying.store(false, Ordering::SeqCst);
    assert!(matches!(repository.advance(&second.version, client("c")).await.unwrap(), Advanced::Done(_)));
}

#[tokio::test]
async fn a_replace_that_met_another_is_lost_and_shows_what_stands() {
    let (records, repository) = rig();
    let Created::Done(first) = repository.create(client("a")).await.unwrap() else { panic!("it exists") };
    repository.advance(&first.version, client("b")).await.unwrap();
    records.retrying.store(false, Ordering::SeqCst);
    let Advanced::Lost(Some(current)) = repository.advance(&first.version, client("c")).await.unwrap() else {
        panic!("a stale version was replaced")
    };
    assert_eq!(current.value.name.as_deref(), Some("b"));
}
