//! Access tokens (RFC 6750): claims of our own, sealed. They open without the store; the grant behind them must be active.

use oauth_protocol::scope::Scope;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ground::{GrantKey, Holder, Id, SealedAsJson};

/// The claims of an access token.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessToken {
    /// The issuer and audience: this deployment.
    pub aud: String,
    /// The client that it was issued to.
    pub client: Id,
    /// The grant.
    pub grant: GrantKey,
    /// The grant's version when it was issued.
    pub version: u32,
    /// The refresh-token generation when it was issued.
    pub generation: u32,
    /// The granted scope.
    pub scope: Scope,
    /// Issued at, in Unix seconds.
    pub iat: i64,
    /// Expires at, in Unix seconds.
    pub exp: i64,
}

impl SealedAsJson for AccessToken {
    const PURPOSE: &'static str = "access-token";
    type BoundTo = ();
}

impl AccessToken {
    /// Whether it was issued by this deployment and has not expired.
    #[must_use]
    pub fn is_current(&self, issuer: &str, now: OffsetDateTime) -> bool {
        self.aud == issuer && now.unix_timestamp() < self.exp
    }

    /// The client that it was issued to, with its grant.
    #[must_use]
    pub fn holder(&self) -> Holder {
        self.grant.held_by(self.client)
    }

    /// When it expires.
    #[must_use]
    pub fn expires_at(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.exp).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}
