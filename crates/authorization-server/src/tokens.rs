//! Issues the tokens of a grant, and opens access tokens without asking the store.

use oauth_protocol::token_response::TokenResponse;
use time::{Duration, OffsetDateTime};

use crate::{
    ground::{Sealed, Unavailable, lifetimes::ACCESS_TOKEN_LIFETIME},
    server::AuthorizationServer,
    state::{access_token::AccessToken, family::FamilyKey, grant::Grant},
};

/// An access token ends this long before the upstream's, so that a tool call never starts with an assertion that is about to
/// end.
const UPSTREAM_MARGIN: Duration = Duration::seconds(60);

impl AuthorizationServer {
    /// The answer for a grant: an access token, and the refresh token of its newest generation.
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
            access_token: self.seal(&claims, ()).await?.as_str().into(),
            expires_in: u64::try_from(lifetime.whole_seconds()).unwrap_or(0),
            refresh_token: family_key.refresh_token(grant.key, grant.family.generation),
            scope: grant.scope.clone(),
        })
    }

    /// Opens an access token; `None` if it is not of this deployment, or has expired.
    pub async fn open_access_token(&self, token: &str) -> Result<Option<AccessToken>, Unavailable> {
        let claims = self.open(&Sealed::<AccessToken>::from_text(token), ()).await?;
        Ok(claims.filter(|claims| claims.is_current(self.base().issuer(), self.now())))
    }
}
