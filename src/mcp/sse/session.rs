//! An open session: its owner, its inbox, the ids of its requests, and what ends it.

use super::{inbox::Inbox, request_ids::RequestIds, session_end::SessionEnd, stream_owner::StreamOwner};

/// An open session.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) opened_by: StreamOwner,
    pub(super) inbox: Inbox,
    pub(super) ids: RequestIds,
    pub(super) end: SessionEnd,
}
