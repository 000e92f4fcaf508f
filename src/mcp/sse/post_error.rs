//! The reasons for which the message of a POST is not delivered to its session.

use authorization_server::ground::Unavailable;

use crate::mcp::{
    admission::AdmissionError,
    batch::BatchError,
    outline::InvalidMessage,
    step_up::{ClaimsDemand, ScopeDemand},
};

/// Why a message is not delivered.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// There is no such session, it belongs to another owner or client, or its instance is gone.
    #[error("no such session; open the stream again")]
    UnknownSession,
    /// The text is no JSON.
    #[error("Parse error")]
    NotJson,
    /// The text is JSON, but no JSON-RPC message.
    #[error("Invalid Request: not a JSON-RPC message")]
    Malformed,
    /// It is an array, but not a batch that is served.
    #[error("{0}")]
    NoBatch(&'static str),
    /// It would take more memory than one message may.
    #[error("the message would take too much memory")]
    TooLarge,
    /// The access token has not the scope that the tool needs.
    #[error("insufficient scope")]
    InsufficientScope(ScopeDemand),
    /// The access token, which the client got from Entra, lacks claims.
    #[error("insufficient claims")]
    InsufficientClaims(ClaimsDemand),
    /// Too many messages wait for the session.
    #[error("the session is busy; try again in a few seconds")]
    Busy,
    /// The messages of its client, of its owner, or of all, take too much memory.
    #[error("too many messages wait; try again in a few seconds")]
    Exhausted,
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<AdmissionError> for PostError {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Invalid(invalid) => invalid.into(),
            AdmissionError::TooLarge => Self::TooLarge,
            AdmissionError::Exhausted => Self::Exhausted,
        }
    }
}

impl From<InvalidMessage> for PostError {
    fn from(invalid: InvalidMessage) -> Self {
        match invalid {
            InvalidMessage::Parse => Self::NotJson,
            InvalidMessage::InvalidRequest => Self::Malformed,
        }
    }
}

impl From<BatchError> for PostError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Invalid(invalid) => invalid.into(),
            BatchError::Refused(text) => Self::NoBatch(text),
        }
    }
}
