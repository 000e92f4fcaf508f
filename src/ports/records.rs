//! `Records`: items with conditional writes over (container, partition, id). Cosmos DB and redb look the same here.

use async_trait::async_trait;
use serde_json::Value;
use time::Duration;

/// Where items of one kind lie. In Cosmos DB a container each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// Registrations, by client id.
    Clients,
    /// Authorizations, by transaction id.
    Authorizations,
    /// Grants and upstream tokens, by owner.
    Owners,
}

impl Container {
    /// Its name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Authorizations => "authorizations",
            Self::Owners => "owners",
        }
    }
}

/// Where one item lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The container.
    pub container: Container,
    /// The partition key's value.
    pub partition: String,
    /// Unique within the partition.
    pub id: String,
}

/// An item as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What was written.
    pub body: Value,
    /// Names this version.
    pub etag: String,
}

/// The outcome of a conditional write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Written, as this version.
    Done(String),
    /// The condition does not hold. After a retry of the adapter's own, it may not hold because of this very write:
    /// whoever needs to know compares `op`.
    Conflict,
}

/// The store is down, slow or full.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// Point operations on items. `ttl` counts from the write; a store drops what has outlived it some time later.
#[async_trait]
pub trait Records: Send + Sync {
    /// Reads one item.
    async fn get(&self, address: &Address) -> Result<Option<Item>, StoreError>;
    /// Writes an item that must not exist.
    async fn create(&self, address: &Address, body: &Value, ttl: Duration) -> Result<Write, StoreError>;
    /// Replaces the version that was read.
    async fn replace(&self, address: &Address, etag: &str, body: &Value, ttl: Duration) -> Result<Write, StoreError>;
    /// Drops an item; absent is fine.
    async fn delete(&self, address: &Address) -> Result<(), StoreError>;
    /// All items of a partition.
    async fn list(&self, container: Container, partition: &str) -> Result<Vec<(String, Item)>, StoreError>;
}
