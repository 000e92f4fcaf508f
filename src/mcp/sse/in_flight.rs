//! Limits the requests of a session that are served at a time. rmcp starts a task for each, without a limit.
//!
//! Counting answers would not do: a cancelled request gets none. So each request carries a permit, and releases it when its
//! task ends, however it ends.

use rmcp::model::{ClientJsonRpcMessage, GetExtensions as _};
use tokio::sync::OwnedSemaphorePermit;

use super::request_ids::OpenRequest;
use crate::{budget, mcp::served::Held};

/// Requests of a session that are served at a time. The next one waits in the inbox.
pub const MAX_IN_FLIGHT: usize = 16;

/// The permits of one request of a session.
#[expect(dead_code, reason = "dropping them releases all")]
pub(super) struct Permits {
    /// To be served. A quick request needs none.
    pub(super) served: Option<OwnedSemaphorePermit>,
    /// For its memory.
    pub(super) memory: budget::Permit,
    /// Its id.
    pub(super) open: Option<OpenRequest>,
}

/// Adds its permits to a request.
pub(super) fn with_permits(mut message: ClientJsonRpcMessage, permits: Permits) -> ClientJsonRpcMessage {
    if let ClientJsonRpcMessage::Request(request) = &mut message {
        request.request.extensions_mut().insert(Held::new(permits));
    }
    message
}
