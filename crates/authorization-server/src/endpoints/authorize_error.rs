//! Why `GET /authorize` is not answered with a page or a way on.

use super::{
    answer::Next,
    request_refusal::{AtServer, RequestRefusal},
};
use crate::ground::{TooMany, Unavailable};

/// Why an authorization request is refused.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// A page says so; the client does not hear of it.
    #[error("refused without a redirect: {0}")]
    AtServer(#[from] AtServer),
    /// The client hears of it.
    #[error("refused with a redirect: {reason}")]
    ToClient {
        /// The reason of the refusal.
        reason: RequestRefusal,
        /// The way back to the client.
        next: Box<Next>,
    },
    /// The client's metadata document would have to be fetched, and too many were in the last minute.
    #[error("too many metadata documents were fetched")]
    TooManyDocuments(TooMany),
    /// The client would be stored for the first time, no place is free for another that waits for its first use, and this
    /// network has the most of them.
    #[error("too many registrations wait for their first use")]
    TooManyWait(TooMany),
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AuthorizeError {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::AtServer(refusal) => Some(refusal.reason()),
            Self::ToClient { reason, .. } => Some(reason.description()),
            Self::TooManyDocuments(_) => Some("too many metadata documents were fetched"),
            Self::TooManyWait(_) => Some("too many registrations wait for their first use"),
            Self::Unavailable(_) => None,
        }
    }
}
