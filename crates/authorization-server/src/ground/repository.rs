//! The port to storage. Absence is `None`, failure is [`Unavailable`], and every write is conditional.

use async_trait::async_trait;

use super::{Id, Record, Stored, Unavailable};

/// The outcome of a create.
#[derive(Debug)]
pub enum Created<T> {
    /// This write made the record.
    Done(Stored<T>),
    /// Another write had made it before.
    Exists(Stored<T>),
}

/// The outcome of a conditional write.
#[derive(Debug)]
pub enum Advanced<T> {
    /// This write changed the record.
    Done(Stored<T>),
    /// Another write came first; this is the record now. It is no sign of a replay: decide again from this record.
    Lost(Option<Stored<T>>),
}

/// Records of one kind, with conditional writes.
#[async_trait]
pub trait Repository<T: Record>: Send + Sync {
    /// Reads the newest version.
    async fn get(&self, key: &T::Key) -> Result<Option<Stored<T>>, Unavailable>;
    /// Writes a record that must not exist.
    async fn create(&self, value: T) -> Result<Created<T>, Unavailable>;
    /// Replaces the version that was read, and no other.
    async fn advance(&self, from: &str, to: T) -> Result<Advanced<T>, Unavailable>;
    /// Deletes the record, if it exists.
    async fn delete(&self, key: &T::Key) -> Result<(), Unavailable>;
}

/// One page of a list.
#[derive(Debug)]
pub struct RecordPage<T> {
    /// Its records.
    pub records: Vec<T>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
}

/// All records of one kind, a page at a time, in the order in which people look for them. Slow: only the operator's page lists
/// them.
#[async_trait]
pub trait ListedRecords<T: Record>: Send + Sync {
    /// The page at a place that the page before named, or the first. Expired records may be among them.
    async fn page(&self, place: Option<&str>) -> Result<RecordPage<T>, Unavailable>;
}

/// All records of one kind that an owner has. Slow: the page of connections, a redemption and a withdrawal list them.
#[async_trait]
pub trait OwnedRecords<T: Record>: Send + Sync {
    /// Every record that is stored for the owner, expired and revoked ones too.
    async fn of_owner(&self, owner: Id) -> Result<Vec<T>, Unavailable>;
}
