//! Reasons for the log. They leave out the client's own text, which rmcp's errors quote, and which a panic may quote.

use rmcp::service::ServerInitializeError;
use tokio::task::JoinError;

/// Why a session was not initialized.
pub(super) fn of_initialize(error: &ServerInitializeError) -> &'static str {
    match error {
        ServerInitializeError::ExpectedInitializeRequest(_) => "the first message was not initialize",
        ServerInitializeError::ConnectionClosed(_) => "the stream was closed",
        ServerInitializeError::UnexpectedInitializeResponse(_) => "initialize had another result",
        ServerInitializeError::InitializeFailed(_) => "initialize failed",
        ServerInitializeError::TransportError { .. } => "an answer could not be sent",
        ServerInitializeError::Cancelled => "the session was stopped",
        _ => "unknown",
    }
}

/// Why a session ended with an error.
pub(super) fn of_task(error: &JoinError) -> &'static str {
    if error.is_panic() { "it panicked" } else { "it was aborted" }
}
