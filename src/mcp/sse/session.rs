//! An open session, as far as messages are concerned.

use tokio_util::sync::CancellationToken;

use super::{inbox::Inbox, stream_owner::StreamOwner};

/// An open session.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) opened_by: StreamOwner,
    pub(super) inbox: Inbox,
    /// Ends the session when it is cancelled.
    pub(super) stop: CancellationToken,
}
