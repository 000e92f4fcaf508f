//! Access tokens are issued with a refresh token beside them, and opened without asking the store.

use oauth_protocol::token_response::TokenResponse;
use secrecy::SecretString;
use time::{Duration, OffsetDateTime};

use crate::{
    ground::{Unavailable, lifetimes::ACCESS_TOKEN_LIFETIME},
    server::AuthorizationServer,
    state::{access_token::AccessToken, family::FamilyKey, grant::Grant},
};

const PURPOSE: &str = "access-token";
/// An access token ends this long before the upstream's, so that no tool call begins with a dying assertion.
const UPSTREAM_MARGIN: Duration = Duration::seconds(60);

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
            aud: self.base().issuer().to_owned(),
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
        self.ports.sealer.seal(PURPOSE, &json).await.map(Into::into)
    }

    /// Opens an access token of this deployment; `None` for anything else, the expired included.
    pub(crate) async fn open_access_token(&self, token: &str) -> Result<Option<AccessToken>, Unavailable> {
        let opened = self.ports.sealer.open(PURPOSE, token).await?;
        let claims = opened.and_then(|json| serde_json::from_slice::<AccessToken>(&json).ok());
        let now = self.now().unix_timestamp();
        Ok(claims.filter(|claims| claims.aud == self.base().issuer() && now < claims.exp))
    }
}
