//! The principal that may post to a stream.

use authorization_server::{ground::Id, resource::authenticate::Principal};
use serde::{Deserialize, Serialize};

/// The owner and the client that opened a stream. Only they may post to it, with any of their access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct StreamOwner {
    pub(super) owner: Id,
    pub(super) client: Id,
}

impl StreamOwner {
    /// The owner and client of an access token.
    pub(super) fn of(principal: &Principal) -> Self {
        Self { owner: principal.owner, client: principal.client }
    }

    /// The one rule of ownership, for posts to this instance and to others.
    pub(super) fn may_be_used_by(self, principal: &Principal) -> bool {
        self == Self::of(principal)
    }
}
