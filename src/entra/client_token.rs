//! Verification of access tokens that Entra issued to clients themselves, for our app.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    entra_tokens::{EntraClaims, EntraTokenRefusal, EntraTokenVerifier},
    ground::{Clock, Subject},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::IgnoredAny};
use time::OffsetDateTime;

use super::{
    jwks::Jwks,
    settings::EntraSettings,
    signed_token::{CLOCK_SKEW, SignedTokenError, is_in_time, verified_claims},
};

#[derive(Deserialize)]
struct ClientTokenClaims {
    ver: String,
    tid: String,
    oid: String,
    iat: i64,
    exp: i64,
    #[serde(default)]
    nbf: i64,
    azp: Option<String>,
    azpacr: Option<String>,
    scp: Option<String>,
    idtyp: Option<String>,
    #[serde(default)]
    xms_cc: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// Only an ID token has one.
    nonce: Option<IgnoredAny>,
    /// The key of the client that asked for a token bound to it (RFC 7800).
    cnf: Option<IgnoredAny>,
}

/// Knows the access tokens of one app and tenant.
pub struct ClientTokenVerifier {
    settings: EntraSettings,
    jwks: Arc<Jwks>,
    clock: Arc<dyn Clock>,
}

impl ClientTokenVerifier {
    pub(super) fn new(settings: EntraSettings, jwks: Arc<Jwks>, clock: Arc<dyn Clock>) -> Self {
        Self { settings, jwks, clock }
    }

    /// Entra would refuse the exchange of a token that has expired, so its end is exact.
    fn check(&self, claims: &ClientTokenClaims) -> Result<(), &'static str> {
        let now = self.clock.now();
        let newest = now.unix_timestamp().saturating_add(CLOCK_SKEW);
        let rules = [
            (claims.ver == "2.0", "of another version than 2.0"),
            (claims.tid == self.settings.tenant_id, "of another tenant"),
            (!claims.oid.is_empty(), "without an object id"),
            (claims.nonce.is_none(), "an ID token"),
            (claims.cnf.is_none(), "bound to a key, of which a bearer proves nothing"),
            (now.unix_timestamp() < claims.exp, "expired"),
            (is_in_time(claims.exp, claims.nbf, now) && claims.iat <= newest, "not yet valid"),
        ];
        rules.into_iter().find_map(|(kept, reason)| (!kept).then_some(reason)).map_or(Ok(()), Err)
    }
}

#[async_trait]
impl EntraTokenVerifier for ClientTokenVerifier {
    async fn verify(&self, token: &SecretString) -> Result<EntraClaims, EntraTokenRefusal> {
        let issuers = [self.settings.issuer()];
        let claims: ClientTokenClaims =
            verified_claims(token.expose_secret(), &issuers, &self.settings, &self.jwks).await?;
        self.check(&claims).map_err(|reason| EntraTokenRefusal::Invalid(reason.to_owned()))?;
        let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds);
        let (Ok(issued_at), Ok(expires_at)) = (time(claims.iat), time(claims.exp)) else {
            return Err(EntraTokenRefusal::Invalid("a time out of range".to_owned()));
        };
        Ok(EntraClaims {
            subject: Subject { tid: claims.tid, oid: claims.oid },
            azp: claims.azp,
            is_confidential: matches!(claims.azpacr.as_deref(), Some("1" | "2")),
            scp: claims.scp,
            idtyp: claims.idtyp,
            issued_at,
            expires_at,
            capabilities: claims.xms_cc,
            roles: claims.roles,
        })
    }
}

impl From<SignedTokenError> for EntraTokenRefusal {
    fn from(error: SignedTokenError) -> Self {
        match error {
            SignedTokenError::Invalid(reason) => Self::Invalid(reason),
            SignedTokenError::OtherIssuer(issuer) => Self::Invalid(format!("of another issuer: {issuer}")),
            SignedTokenError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}
