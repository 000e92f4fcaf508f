//! The upstream's tokens of one grant, stored beside it.

use std::borrow::Cow;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::ground::{GrantKey, Id, Record, Sealable, Sealed, lifetimes::UPSTREAM_TOKENS_LIFETIME};

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
    /// The upstream is not asked again so soon for tokens that do not serve. Its access tokens may live for less than an
    /// hour, so that every refresh would.
    pub(crate) const RENEWAL_INTERVAL: Duration = Duration::minutes(5);

    /// How long the sealed access token still lives.
    #[must_use]
    pub fn left(&self, now: OffsetDateTime) -> Duration {
        self.access_expires_at - now
    }

    /// Whether they were stored a moment ago.
    #[must_use]
    pub fn are_new(&self, now: OffsetDateTime) -> bool {
        now - (self.kept_until - UPSTREAM_TOKENS_LIFETIME) < Self::RENEWAL_INTERVAL
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

/// The tokens themselves. They are not `Serialize`, so nothing but a [`Sealed`] can hold them outside of this process.
pub struct UpstreamSecrets {
    /// The assertion of the on-behalf-of exchange.
    pub access_token: SecretString,
    /// Gets the next access token.
    pub refresh_token: Option<SecretString>,
}

/// The sealed JSON.
#[derive(Serialize, Deserialize)]
struct Plaintext<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(borrow)]
    refresh_token: Option<Cow<'a, str>>,
}

impl Sealable for UpstreamSecrets {
    const PURPOSE: &'static str = "upstream-tokens";
    type BoundTo = Id;

    fn to_plaintext(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let plaintext = Plaintext {
            access_token: self.access_token.expose_secret().into(),
            refresh_token: self.refresh_token.as_ref().map(|secret| secret.expose_secret().into()),
        };
        serde_json::to_vec(&plaintext).map(Zeroizing::new)
    }

    fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let Plaintext { access_token, refresh_token } = serde_json::from_slice(plaintext).ok()?;
        let secret = |text: Cow<'_, str>| SecretString::from(text.into_owned());
        Some(Self { access_token: secret(access_token), refresh_token: refresh_token.map(secret) })
    }
}
