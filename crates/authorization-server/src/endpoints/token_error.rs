//! Why the token endpoint refuses a request.

use super::{client_authentication::ClientError, request_refusal::BLOCKED};
use crate::{
    changes::AfterRefusal,
    ground::{TooMany, Unavailable},
};

/// A refusal at the token endpoint (RFC 6749 §5.2). The reason is for the log; the client hears only the code.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
pub enum TokenError {
    /// 401 `invalid_client`.
    UnknownClient,
    /// 401 `invalid_client`.
    UnauthenticatedClient(&'static str),
    /// 400 `invalid_grant`, one text for all.
    InvalidGrant(&'static str),
    /// 400 `invalid_scope`.
    InvalidScope,
    /// 400 `invalid_target`.
    InvalidTarget,
    /// 400 `access_denied`: the organisation blocks the owner. With `invalid_grant` the client would send the
    /// owner to sign in again, which changes nothing.
    Blocked,
    /// 400 `access_denied`: the operator has blocked the client. With `invalid_client` or `unauthorized_client` it would register
    /// again, with `invalid_grant` send the owner to sign in again, and neither changes anything.
    ClientBlocked,
    /// 503 `temporarily_unavailable`: the upstream refuses us. At `server_error` clients would send the owner to sign in, and
    /// again after each sign-in, which changes nothing.
    #[error("the upstream refuses us: {0}")]
    Refused(String),
    /// 503 `temporarily_unavailable`: the client's keys would have to be fetched, and too many were in the last minute.
    TooManyDocuments(TooMany),
    /// 503 `temporarily_unavailable`.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<AfterRefusal> for TokenError {
    fn from(after: AfterRefusal) -> Self {
        match after {
            AfterRefusal::Marked => Self::InvalidGrant("the upstream wants the owner to sign in again"),
            AfterRefusal::Ended => Self::InvalidGrant("the upstream ended the grant"),
            AfterRefusal::Blocked(_) => Self::Blocked,
            AfterRefusal::Refused(reason) => Self::Refused(reason),
            AfterRefusal::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<ClientError> for TokenError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unknown => Self::UnknownClient,
            ClientError::Unauthenticated(reason) => Self::UnauthenticatedClient(reason),
            ClientError::TooManyDocuments(too_many) => Self::TooManyDocuments(too_many),
            ClientError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl TokenError {
    /// Why, for the audit log; `None` if a service behind this server is down, or refuses this server.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::UnknownClient => Some("the client is not registered"),
            Self::InvalidGrant(reason) | Self::UnauthenticatedClient(reason) => Some(reason),
            Self::InvalidScope => Some("the scope is wider than the grant"),
            Self::InvalidTarget => Some("resource does not name this server"),
            Self::Blocked => Some("the organisation blocks the owner"),
            Self::ClientBlocked => Some(BLOCKED),
            Self::TooManyDocuments(_) => Some("too many metadata documents were fetched"),
            Self::Refused(_) | Self::Unavailable(_) => None,
        }
    }
}
