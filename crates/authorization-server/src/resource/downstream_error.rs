//! Why there is no token for an API.

use crate::{changes::AfterRefusal, ground::Unavailable, state::claims::Claims, upstream::UpstreamBlock};

/// Why a principal gets no downstream token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DownstreamError {
    /// The owner must sign in again; the grant, if there is one, is marked.
    #[error("the owner must sign in again")]
    SignInAgain,
    /// The client got its token from Entra, and must get another one, with these claims.
    #[error("the client's token of Entra needs further claims")]
    ClaimsDemanded(Claims),
    /// The client got its token from Entra, and nobody has consented to what this server needs for it.
    #[error("consent for the organisation is missing")]
    NotConsented,
    /// The organisation blocks the owner. No sign-in changes that, so the grant stays as it is.
    #[error("the organisation blocks the owner: {0:?}")]
    Blocked(UpstreamBlock),
    /// The upstream refuses us.
    #[error("the upstream refuses us: {0}")]
    Refused(String),
    /// Try again later.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl From<AfterRefusal> for DownstreamError {
    fn from(after: AfterRefusal) -> Self {
        match after {
            AfterRefusal::Marked | AfterRefusal::Ended => Self::SignInAgain,
            AfterRefusal::Blocked(block) => Self::Blocked(block),
            AfterRefusal::Refused(reason) => Self::Refused(reason),
            AfterRefusal::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<Unavailable> for DownstreamError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable.to_string())
    }
}
