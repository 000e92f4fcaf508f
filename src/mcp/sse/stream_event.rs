//! The events of a stream.

use crate::kept::Kept;

/// An event of a stream.
pub enum StreamEvent {
    /// The URL for messages, relative to the stream's URL.
    Endpoint(String),
    /// A JSON-RPC message, as text. It counts until it is dropped.
    Message(Kept),
}
