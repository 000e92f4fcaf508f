//! What a stream sends.

/// An event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// Where to post messages, relative to the stream's URL.
    Endpoint(String),
    /// A JSON-RPC message.
    Message(String),
}
