//! An open session: its owner, its inbox, the ids of its requests, and the token that ends it.

use tokio_util::sync::CancellationToken;

use super::{inbox::Inbox, request_ids::RequestIds, stream_owner::StreamOwner};

/// An open session.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) opened_by: StreamOwner,
    pub(super) inbox: Inbox,
    pub(super) ids: RequestIds,
    /// Ends the session when it is cancelled.
    pub(super) stop: CancellationToken,
}
