//! `EventLog`: how an instance gets a message to the instance that holds the stream.
//!
//! Each instance has a log of its own, which any other may append to and only it follows. An instance that holds streams
//! shows it by a heartbeat; to one without, nothing is appended.

use std::time::Duration;

use async_trait::async_trait;
use authorization_server::ground::Id;

use super::records::StoreError;

/// A heartbeat speaks for this long, by the clock of the store.
pub const HEARTBEAT_LIFETIME: Duration = Duration::from_secs(30);
/// An event that has not been read by then never will be.
pub const EVENT_LIFETIME: Duration = Duration::from_mins(5);

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Unique; by it a reader knows what it has had.
    pub id: Id,
    /// Opens only for the instance that it is meant for.
    pub sealed: String,
}

/// What a read found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the order in which they were appended.
    pub events: Vec<Event>,
    /// Whether nothing else had been appended when the read began.
    pub end: bool,
}

/// The logs of all instances.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends an event for an instance. Once this has succeeded, every read that begins later finds it.
    async fn append(&self, instance: Id, event: &Event) -> Result<(), StoreError>;
    /// Says that an instance holds streams, for [`HEARTBEAT_LIFETIME`].
    async fn heartbeat(&self, instance: Id) -> Result<(), StoreError>;
    /// Whether an instance's last heartbeat still speaks.
    async fn is_alive(&self, instance: Id) -> Result<bool, StoreError>;
    /// Begins to follow an instance's log: what is appended after the first read has ended is found, what was appended
    /// before may be.
    fn follow(&self, instance: Id) -> Box<dyn Follow>;
}

/// A place in the log of one instance.
#[async_trait]
pub trait Follow: Send {
    /// Reads on. An event may be read again; after a failure nothing has been passed over.
    async fn next(&mut self) -> Result<Batch, StoreError>;
}
