//! Why the token endpoint refuses a request.

use crate::ground::Unavailable;

/// A refusal at the token endpoint (RFC 6749 §5.2). The reason is for the log; the client hears only the code.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// 401 `invalid_client`.
    #[error("the client is not registered")]
    UnknownClient,
    /// 400 `invalid_grant`, one text for all.
    #[error("invalid grant: {0}")]
    InvalidGrant(&'static str),
    /// 400 `invalid_scope`.
    #[error("the scope is wider than the grant")]
    InvalidScope,
    /// 400 `invalid_target`.
    #[error("resource does not name this server")]
    InvalidTarget,
    /// 500 `server_error`: the upstream refuses us.
    #[error("the upstream refuses us: {0}")]
    Refused(String),
    /// 503 `temporarily_unavailable`.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
