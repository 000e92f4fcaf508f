//! `ItemStore`: items with conditional writes over (container, partition, id). Cosmos DB and redb look the same here.

use std::num::NonZeroU32;

use async_trait::async_trait;
use authorization_server::ground::Unavailable;
use serde_json::Value;
use time::Duration;

/// The kinds of items. Each has a container in Cosmos DB.
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
    /// The operator's blocks, and what operators did, by kind.
    Operator,
}

impl Container {
    /// Every container of a deployment.
    pub const ALL: [Self; 6] =
        [Self::Clients, Self::Authorizations, Self::Owners, Self::Keyring, Self::Events, Self::Operator];

    /// Its name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Authorizations => "authorizations",
            Self::Owners => "owners",
            Self::Keyring => "keyring",
            Self::Events => "events",
            Self::Operator => "operator",
        }
    }

    /// The member of an item that names its partition.
    #[must_use]
    pub fn partition_key(self) -> &'static str {
        match self {
            Self::Clients | Self::Authorizations | Self::Keyring => "id",
            Self::Owners => "owner",
            Self::Events => "instance",
            Self::Operator => "kind",
        }
    }
}

/// The place of an item.
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
    /// The item, as it was written.
    pub body: Value,
    /// The version of the item.
    pub etag: String,
}

/// Which items of a container are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those of all partitions with such a member, in the store's own order.
    Number {
        /// A member at the top of an item.
        member: &'static str,
        /// Whether it must be a number, or must not: absent, null or anything else.
        is_number: bool,
    },
    /// Those of this partition. The one that was written last comes first; those of one second come in any order.
    Newest(&'static str),
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemPage {
    /// Its items.
    pub items: Vec<Item>,
    /// Where the list goes on; `None` after the last item.
    pub next: Option<String>,
}

/// The outcome of a conditional write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Written, as this version.
    Done(String),
    /// The condition does not hold. If the store's client retried the write, the condition may have failed because the first
    /// attempt succeeded. Comparing `op` tells.
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
pub trait ItemStore: Send + Sync {
    /// Reads one item.
    async fn get(&self, address: &Address) -> Result<Option<Item>, StoreError>;
    /// Writes an item, unless one exists there.
    async fn create(&self, address: &Address, body: &Value, ttl: Duration) -> Result<Write, StoreError>;
    /// Replaces an item, if `etag` is still its version.
    async fn replace(&self, address: &Address, etag: &str, body: &Value, ttl: Duration) -> Result<Write, StoreError>;
    /// Deletes an item. Succeeds if there is none.
    async fn delete(&self, address: &Address) -> Result<(), StoreError>;
    /// About `most` items of a container, from a place that the part before named, or from the start. An item that is written
    /// meanwhile may be left out or come twice, and no other.
    async fn page(
        &self,
        container: Container,
        filter: Filter,
        from: Option<&str>,
        most: NonZeroU32,
    ) -> Result<ItemPage, StoreError>;
    /// The items of a partition whose id begins with this prefix.
    async fn list(&self, container: Container, partition: &str, prefix: &str) -> Result<Vec<Item>, StoreError>;
}
