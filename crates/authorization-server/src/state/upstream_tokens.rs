//! The upstream's tokens of one grant, stored beside it.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use time::{Duration, OffsetDateTime};

use crate::ground::{GrantKey, Id, Record, Sealed, SealedAsJson};

/// The upstream's tokens of one grant, as they are stored.
#[derive(Clone, Debug)]
pub struct UpstreamTokens {
    /// The grant that they belong to.
    pub key: GrantKey,
    /// The tokens, bound to the grant's id.
    pub sealed: Sealed<UpstreamSecrets>,
    /// When the sealed access token ends.
    pub access_expires_at: OffsetDateTime,
    /// When the record expires.
    pub kept_until: OffsetDateTime,
}

impl UpstreamTokens {
    /// How long the sealed access token still lives.
    #[must_use]
    pub fn left(&self, now: OffsetDateTime) -> Duration {
        self.access_expires_at - now
    }
}

impl Record for UpstreamTokens {
    type Key = GrantKey;
    fn key(&self) -> GrantKey {
        self.key
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.kept_until
    }
}

/// The tokens themselves.
#[derive(Serialize, Deserialize)]
pub struct UpstreamSecrets {
    /// The assertion of the on-behalf-of exchange.
    #[serde(serialize_with = "exposed")]
    pub access_token: SecretString,
    /// Gets the next access token.
    #[serde(serialize_with = "exposed_if_any")]
    pub refresh_token: Option<SecretString>,
}

impl SealedAsJson for UpstreamSecrets {
    const PURPOSE: &'static str = "upstream-tokens";
    type BoundTo = Id;
}

fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn exposed_if_any<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}
