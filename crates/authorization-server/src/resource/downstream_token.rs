//! A token for an API.

use std::sync::Arc;

use secrecy::SecretString;
use time::OffsetDateTime;

use crate::upstream::UpstreamAnswer;

/// A downstream token and its end.
#[derive(Clone)]
pub struct DownstreamToken {
    /// Bearer token for the downstream. The calls that wait to use it share it.
    pub access_token: Arc<SecretString>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

impl From<UpstreamAnswer> for DownstreamToken {
    fn from(answer: UpstreamAnswer) -> Self {
        Self { access_token: Arc::new(answer.access_token), expires_at: answer.expires_at }
    }
}
