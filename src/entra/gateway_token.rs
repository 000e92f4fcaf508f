//! Verification of the token that API Management gets for its managed identity and sends along.
//!
//! Our app asks for v2.0 tokens, but reports differ on which version a managed identity gets, so the issuers of both are
//! accepted. A v1.0 token of the same tenant, identity and audience grants nothing more.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::ground::Clock;
use moka::future::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    jwks::Jwks,
    settings::EntraSettings,
    signed_token::{SignedTokenError, is_in_time, verified_claims},
};
use crate::ports::gateway::{GatewayRefusal, GatewayTokens};

/// API Management asks for a token once a day for each of its units; nobody else can add to these.
const MAX_VERIFIED_TOKENS: u64 = 64;

#[derive(Deserialize)]
struct GatewayTokenClaims {
    tid: String,
    oid: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
    /// Tokens of users have one.
    scp: Option<String>,
    /// `app` or `user`; an app registration may leave it out.
    idtyp: Option<String>,
}

/// Knows the tokens of one managed identity.
pub struct GatewayTokenVerifier {
    settings: EntraSettings,
    principal_id: String,
    jwks: Arc<Jwks>,
    clock: Arc<dyn Clock>,
    /// When tokens end that were found good, by their hash.
    verified: Cache<[u8; 32], i64>,
}

impl GatewayTokenVerifier {
    /// For the identity with this object id.
    pub(super) fn new(settings: EntraSettings, principal_id: String, jwks: Arc<Jwks>, clock: Arc<dyn Clock>) -> Self {
        Self { settings, principal_id, jwks, clock, verified: Cache::new(MAX_VERIFIED_TOKENS) }
    }

    fn check(&self, claims: &GatewayTokenClaims) -> Result<(), &'static str> {
        let is_apps = claims.scp.is_none() && claims.idtyp.as_deref().is_none_or(|kind| kind == "app");
        let rules = [
            (is_in_time(claims.exp, claims.nbf, self.clock.now()), "expired or not yet valid"),
            (claims.tid == self.settings.tenant_id, "of another tenant"),
            (is_apps, "belongs to a user"),
            (claims.oid == self.principal_id, "of another identity"),
        ];
        rules.into_iter().find_map(|(kept, reason)| (!kept).then_some(reason)).map_or(Ok(()), Err)
    }
}

#[async_trait]
impl GatewayTokens for GatewayTokenVerifier {
    async fn verify(&self, token: &SecretString) -> Result<(), GatewayRefusal> {
        let hash = Sha256::digest(token.expose_secret()).into();
        let now = self.clock.now().unix_timestamp();
        if self.verified.get(&hash).await.is_some_and(|exp| now < exp) {
            return Ok(());
        }
        let issuers = [self.settings.issuer(), self.settings.v1_issuer()];
        let claims: GatewayTokenClaims =
            verified_claims(token.expose_secret(), &issuers, &self.settings, &self.jwks).await?;
        self.check(&claims).map_err(|reason| GatewayRefusal::Invalid { reason, detail: None })?;
        self.verified.insert(hash, claims.exp).await;
        Ok(())
    }
}

impl From<SignedTokenError> for GatewayRefusal {
    fn from(error: SignedTokenError) -> Self {
        match error {
            SignedTokenError::Invalid(detail) => Self::Invalid { reason: "invalid", detail: Some(detail) },
            SignedTokenError::OtherIssuer(issuer) => {
                Self::Invalid { reason: "of another issuer", detail: Some(issuer) }
            }
            SignedTokenError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}
