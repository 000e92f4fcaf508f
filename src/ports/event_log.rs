//! `EventLog`: brings a message to the instance that holds the stream.
//!
//! Each instance has a log of its own. Every instance may append to it, and only its owner reads it. An instance that holds
//! streams writes a heartbeat; others append nothing to a log whose instance has none.

use std::time::Duration;

use async_trait::async_trait;
use authorization_server::ground::Id;

use super::records::StoreError;

/// How long a heartbeat is valid, by the clock of the store.
pub const HEARTBEAT_LIFETIME: Duration = Duration::from_secs(30);
/// How long an event stays in the log.
pub const EVENT_LIFETIME: Duration = Duration::from_mins(5);

/// A message on its way to another instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Unique, so a reader knows which events it has read.
    pub id: Id,
    /// Sealed for the instance that reads it.
    pub sealed: String,
}

/// The result of a read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the order in which they were appended.
    pub events: Vec<LoggedEvent>,
    /// Whether the log had no more events when the read began.
    pub end: bool,
}

/// The logs of all instances.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends an event to an instance's log. Every read that begins after this has succeeded finds it.
    async fn append(&self, instance: Id, event: &LoggedEvent) -> Result<(), StoreError>;
    /// Writes a heartbeat: the instance holds streams for the next [`HEARTBEAT_LIFETIME`].
    async fn heartbeat(&self, instance: Id) -> Result<(), StoreError>;
    /// Whether an instance's last heartbeat is still valid.
    async fn is_alive(&self, instance: Id) -> Result<bool, StoreError>;
    /// Starts to read an instance's log at its end. It finds every event that is appended after the first read has ended,
    /// and perhaps some that were appended before.
    fn follow(&self, instance: Id) -> Box<dyn Follow>;
}

/// A place in the log of one instance.
#[async_trait]
pub trait Follow: Send {
    /// Reads the next page. An event may be read twice. A failed read skips none.
    async fn next(&mut self) -> Result<Batch, StoreError>;
}
