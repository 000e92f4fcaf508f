//! `Records`: items with conditional writes over (container, partition, id). Cosmos DB and redb look the same here.

use async_trait::async_trait;
use authorization_server::ground::Unavailable;
use serde_json::Value;
use time::Duration;

/// Where items of one kind lie. In Cosmos DB a container each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// Registrations, by client id.
    Clients,
    /// Authorizations, by transaction id.
    Authorizations,
    /// The owner document, grants and upstream tokens, by owner.
    Owners,
    /// The one document with all wrapped data keys.
    Keyring,
    /// Messages on their way to the instance that holds the stream, by instance.
    Events,
}

impl Container {
    /// Every container, as a deployment makes them.
    pub const ALL: [Self; 5] = [Self::Clients, Self::Authorizations, Self::Owners, Self::Keyring, Self::Events];

    /// Its name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Authorizations => "authorizations",
            Self::Owners => "owners",
            Self::Keyring => "keyring",
            Self::Events => "events",
        }
    }

    /// The member of an item that names its partition.
    #[must_use]
    pub fn partition_key(self) -> &'static str {
        match self {
            Self::Clients | Self::Authorizations | Self::Keyring => "id",
            Self::Owners => "owner",
            Self::Events => "instance",
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

impl From<StoreError> for Unavailable {
    fn from(error: StoreError) -> Self {
        Self::store(error.0)
    }
}

/// Point operations on items. A body is an object that itself holds its `id` and its partition key, and no member `ttl`
/// and none that begins with an underscore: those are the store's. `ttl` counts from the write ([`Duration::MAX`] never
/// ends); a store drops what has outlived it some time later.
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
