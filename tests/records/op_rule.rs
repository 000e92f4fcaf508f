//! A write that succeeded counts as done, though it is reported as a conflict, because its retry met itself, or as a failure,
//! because its answer was lost.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use authorization_server::{
    ground::{Advanced, Created, Id, Repository},
    state::client::{Client, Origin},
};
use remote_auth_mcp::{
    ports::records::{Address, Container, Filter, Item, ItemPage, ItemStore, StoreError, Write},
    store::{ItemRepository, embedded::Embedded},
};
use serde_json::Value;
use testkit::{ManualClock, SeededEntropy};
use time::{Duration, macros::datetime};

/// How writes are reported.
#[derive(Clone, Copy)]
enum Reported {
    /// As they went.
    Truly,
    /// The store's client has sent them again: they stand, the answer is a conflict.
    Conflict,
    /// They stand, the answer is lost.
    Failure,
    /// They stand, the answer is lost, and then the store cannot be read.
    Outage,
    /// They were not done.
    Undone,
}

struct Reporting {
    store: Embedded,
    reported: Mutex<Reported>,
}

impl Reporting {
    fn now(&self) -> Reported {
        *self.reported.lock().unwrap()
    }

    fn report(&self, reported: Reported) {
        *self.reported.lock().unwrap() = reported;
    }

    async fn write(&self, write: impl Future<Output = Result<Write, StoreError>>) -> Result<Write, StoreError> {
        if matches!(self.now(), Reported::Undone) {
            return down();
        }
        let written = write.await?;
        match self.now() {
            Reported::Truly => Ok(written),
            Reported::Conflict => Ok(Write::Conflict),
            Reported::Failure | Reported::Outage | Reported::Undone => down(),
        }
    }
}

fn down<T>() -> Result<T, StoreError> {
    Err(StoreError("down".into()))
}

#[async_trait]
impl ItemStore for Reporting {
    async fn get(&self, address: &Address) -> Result<Option<Item>, StoreError> {
        if matches!(self.now(), Reported::Outage) { down() } else { self.store.get(address).await }
    }
    async fn create(&self, address: &Address, body: &Value, ttl: Duration) -> Result<Write, StoreError> {
        self.write(self.store.create(address, body, ttl)).await
    }
    async fn replace(&self, address: &Address, etag: &str, body: &Value, ttl: Duration) -> Result<Write, StoreError> {
        self.write(self.store.replace(address, etag, body, ttl)).await
    }
    async fn delete(&self, address: &Address) -> Result<(), StoreError> {
        self.store.delete(address).await
    }

    async fn page(
        &self,
        container: Container,
        filter: Filter,
        from: Option<&str>,
        most: NonZeroU32,
    ) -> Result<ItemPage, StoreError> {
        self.store.page(container, filter, from, most).await
    }
    async fn list(&self, container: Container, partition: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        self.store.list(container, partition, prefix).await
    }
}

fn client(name: &str) -> Client {
    let at = datetime!(2100-01-01 00:00 UTC);
    Client {
        id: Id::from_bytes([1; 16]),
        origin: Origin::Registration,
        name: Some(name.to_owned()),
        redirect_uris: Vec::new(),
        registered_at: at,
        used_at: None,
        days_used: 0,
        expires_at: at,
    }
}

fn rig(reported: Reported) -> (Arc<Reporting>, ItemRepository<Client>) {
    let clock = Arc::new(ManualClock::default());
    let store = Embedded::in_memory(Arc::clone(&clock) as _).unwrap();
    let records = Arc::new(Reporting { store, reported: Mutex::new(reported) });
    let repository = ItemRepository::new(Arc::clone(&records) as _, clock, Arc::new(SeededEntropy::new(1)));
    (records, repository)
}

#[tokio::test]
async fn a_create_that_met_itself_is_done() {
    let (_, repository) = rig(Reported::Conflict);
    assert!(matches!(repository.create(client("a")).await.unwrap(), Created::Done(_)));
}

#[tokio::test]
async fn a_create_that_met_another_is_not() {
    let (_, repository) = rig(Reported::Conflict);
    repository.create(client("a")).await.unwrap();
    let Created::Exists(found) = repository.create(client("b")).await.unwrap() else { panic!("both were created") };
    assert_eq!(found.value.name.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_replace_that_met_itself_is_done_and_its_version_goes_on() {
    let (records, repository) = rig(Reported::Conflict);
    let Created::Done(first) = repository.create(client("a")).await.unwrap() else { panic!("it exists") };
    let Advanced::Done(second) = repository.advance(&first.version, client("b")).await.unwrap() else {
        panic!("it was lost to itself")
    };
    records.report(Reported::Truly);
    assert!(matches!(repository.advance(&second.version, client("c")).await.unwrap(), Advanced::Done(_)));
}

#[tokio::test]
async fn a_replace_that_met_another_is_lost_and_shows_what_stands() {
    let (records, repository) = rig(Reported::Conflict);
    let Created::Done(first) = repository.create(client("a")).await.unwrap() else { panic!("it exists") };
    repository.advance(&first.version, client("b")).await.unwrap();
    records.report(Reported::Truly);
    let Advanced::Lost(Some(current)) = repository.advance(&first.version, client("c")).await.unwrap() else {
        panic!("a stale version was replaced")
    };
    assert_eq!(current.value.name.as_deref(), Some("b"));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_done() {
    let (records, repository) = rig(Reported::Failure);
    let Created::Done(first) = repository.create(client("a")).await.unwrap() else { panic!("it exists") };
    let Advanced::Done(second) = repository.advance(&first.version, client("b")).await.unwrap() else {
        panic!("it was lost")
    };
    records.report(Reported::Truly);
    assert!(matches!(repository.advance(&second.version, client("c")).await.unwrap(), Advanced::Done(_)));
}

#[tokio::test]
async fn a_write_that_was_not_done_or_cannot_be_found_is_a_failure() {
    for reported in [Reported::Undone, Reported::Outage] {
        let (records, repository) = rig(Reported::Truly);
        let Created::Done(first) = repository.create(client("a")).await.unwrap() else { panic!("it exists") };
        records.report(reported);
        assert_eq!(repository.advance(&first.version, client("b")).await.err().unwrap().reason, "down");
        let other = Client { id: Id::from_bytes([2; 16]), ..client("b") };
        assert_eq!(repository.create(other).await.err().unwrap().reason, "down");
    }
}
