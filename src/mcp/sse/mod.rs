//! HTTP+SSE, the transport of MCP 2024-11-05: one stream of events, and messages posted beside it.
//!
//! The stream's first event names where to post; answers come on the stream. A stream belongs to one owner and one client, and
//! only they can post to it; tools act as the principal of each POST, whose access token may be newer than the stream's.

mod session;
mod sessions;

#[cfg(test)]
mod tests;

pub(crate) use session::EventStream;
pub(crate) use sessions::{PostError, Sessions};

/// What a stream sends.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Where to post, relative to the stream's URL.
    Endpoint(String),
    /// A JSON-RPC message.
    Message(String),
}
