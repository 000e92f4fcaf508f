//! A store in memory that can hang, fail, or let another writer be first.

use std::{
    num::NonZeroU32,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use remote_auth_mcp::{
    ports::records::{Address, Container, Filter, Item, ItemPage, ItemStore, StoreError, Write},
    store::embedded::Embedded,
};
use serde_json::Value;
use time::Duration;

/// How the store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    Works,
    Fails,
    /// It never answers.
    Hangs,
    /// Every write finds that another one came first.
    Contended,
}

/// Counts reads and writes of the ring.
pub(crate) struct FailingStore {
    store: Embedded,
    behaviour: Mutex<Behaviour>,
    pub(crate) reads: AtomicUsize,
    pub(crate) writes: AtomicUsize,
}

impl FailingStore {
    pub(crate) fn new(store: Embedded) -> Self {
        let (reads, writes) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { store, behaviour: Mutex::new(Behaviour::Works), reads, writes }
    }

    pub(crate) fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }

    /// Changes the ring as an attacker or a fault in the store would.
    pub(crate) async fn tamper(&self, change: impl FnOnce(&mut Value)) {
        let ring = ring();
        let Item { mut body, etag } = self.store.get(&ring).await.unwrap().unwrap();
        change(&mut body);
        self.store.replace(&ring, &etag, &body, Duration::MAX).await.unwrap();
    }

    async fn behaved(&self) -> Result<Behaviour, StoreError> {
        let behaviour = *self.behaviour.lock().unwrap();
        match behaviour {
            Behaviour::Works | Behaviour::Contended => Ok(behaviour),
            Behaviour::Fails => Err(StoreError("the store is down".into())),
            Behaviour::Hangs => std::future::pending().await,
        }
    }

    async fn write(&self, write: impl Future<Output = Result<Write, StoreError>>) -> Result<Write, StoreError> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.behaved().await? == Behaviour::Contended { Ok(Write::Conflict) } else { write.await }
    }
}

/// Where the ring is.
pub(crate) fn ring() -> Address {
    Address { container: Container::Keyring, partition: "ring".into(), id: "ring".into() }
}

#[async_trait]
impl ItemStore for FailingStore {
    async fn get(&self, address: &Address) -> Result<Option<Item>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.behaved().await?;
        self.store.get(address).await
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
