//! The events of a stream.

/// An event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// The URL for messages, relative to the stream's URL.
    Endpoint(String),
    /// A JSON-RPC message.
    Message(String),
}
