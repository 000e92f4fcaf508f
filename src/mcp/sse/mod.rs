//! HTTP+SSE, the transport of MCP 2024-11-05: one stream of events, and messages posted beside it.
//!
//! The stream's first event names where to post; answers come on the stream. A stream belongs to one owner and one client, and
//! only they can post to it; tools act as the principal of each POST, whose access token may be newer than the stream's.
//!
//! A POST may land on another instance than the stream. The session id says which instance holds the stream, so the other
//! appends the message to that instance's log ([`crate::ports::event_log`]). The instance that holds streams follows its log,
//! and before it takes a message that was posted to itself, it reads as far as the log was written by then: so whatever was
//! answered with 202 before, anywhere, comes first.

mod elsewhere;
mod failure;
mod follower;
mod in_flight;
mod in_turn;
mod inbox;
mod message;
mod outage;
mod pace;
mod posted;
mod progress;
mod reader;
mod seen;
mod session;
mod session_id;
mod sessions;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use authorization_server::ground::{Entropy, Sealer};
pub(crate) use session::EventStream;
pub(crate) use sessions::{OpenError, PostError, Sessions};

use crate::ports::event_log::EventLog;

/// What a stream sends.
#[derive(Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Where to post, relative to the stream's URL.
    Endpoint(String),
    /// A JSON-RPC message.
    Message(String),
}

/// What streams need of the process.
#[derive(Clone)]
pub struct Ports {
    /// Names sessions, and this instance.
    pub entropy: Arc<dyn Entropy>,
    /// Seals session ids, and messages on their way to another instance.
    pub sealer: Arc<dyn Sealer>,
    /// The way to other instances; `None` where this one is alone.
    pub events: Option<Arc<dyn EventLog>>,
    /// How often this instance looks for messages that others took.
    pub poll: Duration,
}
