//! The upstream's tokens of one grant, stored beside it.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::ground::{GrantKey, Id, Record, Sealer, Unavailable};

/// The upstream's tokens of one grant, sealed.
#[derive(Clone, Debug)]
pub struct UpstreamTokens {
    /// The grant they belong to.
    pub key: GrantKey,
    /// [`UpstreamSecrets`] as JSON, sealed for the grant's id.
    pub sealed: String,
    /// When the sealed access token ends.
    pub access_expires_at: OffsetDateTime,
    /// When the item has no more use.
    pub kept_until: OffsetDateTime,
}

/// The upstream's tokens in the open.
pub struct UpstreamSecrets {
    /// The assertion of the on-behalf-of exchange.
    pub access_token: SecretString,
    /// For the next assertion.
    pub refresh_token: Option<SecretString>,
}

impl UpstreamSecrets {
    /// Seals them for a grant.
    pub async fn seal(&self, sealer: &dyn Sealer, grant: Id) -> Result<String, Unavailable> {
        let shape = SecretsShape {
            access_token: self.access_token.expose_secret(),
            refresh_token: self.refresh_token.as_ref().map(ExposeSecret::expose_secret),
        };
        let json = serde_json::to_vec(&shape)
            .map_err(|error| Unavailable { what: "upstream tokens", reason: error.to_string() })?;
        sealer.seal(&purpose(grant), &Zeroizing::new(json)).await
    }
}

#[derive(Serialize, Deserialize)]
struct SecretsShape<'a> {
    access_token: &'a str,
    refresh_token: Option<&'a str>,
}

impl UpstreamTokens {
    /// Opens them; `None` when their key is gone.
    pub async fn open(&self, sealer: &dyn Sealer) -> Result<Option<UpstreamSecrets>, Unavailable> {
        let Some(json) = sealer.open(&purpose(self.key.grant), &self.sealed).await?.map(Zeroizing::new) else {
            return Ok(None);
        };
        Ok(serde_json::from_slice::<SecretsShape<'_>>(&json).ok().map(|shape| UpstreamSecrets {
            access_token: shape.access_token.into(),
            refresh_token: shape.refresh_token.map(Into::into),
        }))
    }

    /// How long the sealed access token still lives.
    #[must_use]
    pub fn left(&self, now: OffsetDateTime) -> Duration {
        self.access_expires_at - now
    }
}

fn purpose(grant: Id) -> String {
    format!("upstream-tokens:{grant}")
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
