//! A token for an API.

use secrecy::SecretString;
use time::OffsetDateTime;

use crate::upstream::UpstreamAnswer;

/// A downstream token and its end.
#[derive(Clone)]
pub struct DownstreamToken {
    /// Bearer token for the downstream.
    pub access_token: SecretString,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

impl From<UpstreamAnswer> for DownstreamToken {
    fn from(answer: UpstreamAnswer) -> Self {
        Self { access_token: answer.access_token, expires_at: answer.expires_at }
    }
}
