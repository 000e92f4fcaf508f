//! Access tokens (RFC 6750): our own claims, sealed; opened offline, believed only while the grant stands.

use oauth_protocol::{scope::Scope, token_response::TokenResponse};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    family::FamilyKey,
    grant::Grant,
    id::{GrantKey, Id},
    ports::Unavailable,
    server::{ACCESS_TOKEN_LIFETIME, AuthorizationServer},
};

const PURPOSE: &str = "access-token";
/// An access token ends this long before the upstream's, so that no tool call begins with a dying assertion.
const UPSTREAM_MARGIN: Duration = Duration::seconds(60);

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessToken {
    /// The issuer and audience: this deployment.
    pub aud: String,
    /// The client it was issued to.
    pub client: Id,
    /// The grant.
    pub grant: GrantKey,
    /// The grant's version at issue.
    pub version: u32,
    /// The refresh-token generation at issue.
    pub generation: u32,
    /// What it allows.
    pub scope: Scope,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Expires at, Unix seconds.
    pub exp: i64,
}

/// A refusal at the token endpoint (RFC 6749 §5.2). The reason is for the log; the client hears only the code.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// 401 `invalid_client`.
    #[error("the client is not registered")]
    UnknownClient,
    /// 400 `invalid_grant`, one text for all.
    #[error("invalid grant: {0}")]
    InvalidGrant(&'static str),
    /// 400 `invalid_scope`.
    #[error("the scope is wider than the grant")]
    InvalidScope,
    /// 400 `invalid_target`.
    #[error("resource is not this server")]
    InvalidTarget,
    /// 500 `server_error`: the upstream refuses us.
    #[error("the upstream refuses us: {0}")]
    Refused(String),
    /// 503 `temporarily_unavailable`.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AuthorizationServer {
    /// The answer for a grant as it stands: an access token, and the refresh token of its newest generation.
    pub(crate) async fn token_response(
        &self,
        grant: &Grant,
        family_key: &FamilyKey,
        upstream_expires_at: OffsetDateTime,
    ) -> Result<TokenResponse, Unavailable> {
        let now = self.now();
        let lifetime = ACCESS_TOKEN_LIFETIME.min(upstream_expires_at - now - UPSTREAM_MARGIN).max(Duration::ZERO);
        let claims = AccessToken {
            aud: self.base.issuer().to_owned(),
            client: grant.client,
            grant: grant.key,
            version: grant.version,
            generation: grant.family.generation,
            scope: grant.scope.clone(),
            iat: now.unix_timestamp(),
            exp: (now + lifetime).unix_timestamp(),
        };
        Ok(TokenResponse {
            access_token: self.seal_access_token(&claims).await?,
            expires_in: u64::try_from(lifetime.whole_seconds()).unwrap_or(0),
            refresh_token: family_key.refresh_token(grant.key, grant.family.generation),
            scope: grant.scope.clone(),
        })
    }

    async fn seal_access_token(&self, claims: &AccessToken) -> Result<SecretString, Unavailable> {
        let json = serde_json::to_vec(claims)
            .map_err(|error| Unavailable { what: "access token", reason: error.to_string() })?;
        self.sealer.seal(PURPOSE, &json).await.map(Into::into)
    }

    /// Opens an access token of this deployment; `None` for anything else, the expired included.
    pub(crate) async fn open_access_token(&self, token: &str) -> Result<Option<AccessToken>, Unavailable> {
        let opened = self.sealer.open(PURPOSE, token).await?;
        let claims = opened.and_then(|json| serde_json::from_slice::<AccessToken>(&json).ok());
        let now = self.now().unix_timestamp();
        Ok(claims.filter(|claims| claims.aud == self.base.issuer() && now < claims.exp))
    }
}
