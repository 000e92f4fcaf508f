//! Why a POST is not served.

use crate::mcp::{
    admission::AdmissionError,
    json_rpc::Refusal,
    step_up::{ClaimsDemand, ScopeDemand},
};

/// A failure of a POST whose answer depends on HTTP: a challenge, or the time to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The access token has not the scope that the tool needs.
    InsufficientScope(ScopeDemand),
    /// The access token, which the client got from Entra, lacks claims.
    InsufficientClaims(ClaimsDemand),
    /// The message would take more memory than one message may.
    TooLarge,
    /// The messages of others take so much memory that this one must wait.
    Exhausted,
    /// This server stops.
    Stopping,
}

/// Why a POST is not served.
pub(super) enum Unserved {
    /// The answer is a JSON-RPC error.
    Refused(Refusal),
    /// The answer is not decided here.
    Failed(CallError),
}

impl From<Refusal> for Unserved {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<CallError> for Unserved {
    fn from(error: CallError) -> Self {
        Self::Failed(error)
    }
}

impl From<AdmissionError> for Unserved {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Invalid(invalid) => Self::Refused(invalid.into()),
            AdmissionError::TooLarge => Self::Failed(CallError::TooLarge),
            AdmissionError::Exhausted => Self::Failed(CallError::Exhausted),
        }
    }
}
