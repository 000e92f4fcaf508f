//! Caches downstream tokens until shortly before they expire. Each grant and scope has one exchange at a time.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock, Id},
    resource::authenticate::Principal,
    resource::downstream::{DownstreamError, DownstreamToken, DownstreamTokens},
    state::{api::ApiScopes, claims::Claims},
};
use moka::future::Cache;
use time::Duration;

const MAX_TOKENS: u64 = 10_000;
/// An unused token is dropped after this. Tokens of Entra expire earlier.
const TIME_TO_IDLE: std::time::Duration = std::time::Duration::from_hours(2);
/// A token that expires sooner is replaced before it is used.
const MIN_REMAINING: Duration = Duration::minutes(5);

/// The owner, the credential, and the scopes.
type CachedTokenKey = (Id, Id, ApiScopes);

/// [`DownstreamTokens`] with a cache. A revoked grant is refused before a token is asked for.
pub struct TokenCache {
    inner: Arc<dyn DownstreamTokens>,
    clock: Arc<dyn Clock>,
    tokens: Cache<CachedTokenKey, DownstreamToken>,
}

impl TokenCache {
    /// A cache in front of the exchange.
    pub fn new(inner: Arc<dyn DownstreamTokens>, clock: Arc<dyn Clock>) -> Self {
        let tokens = Cache::builder().max_capacity(MAX_TOKENS).time_to_idle(TIME_TO_IDLE).build();
        Self { inner, clock, tokens }
    }

    /// Drops a token that the downstream refused.
    pub async fn forget(&self, principal: &Principal, scopes: &ApiScopes) {
        self.tokens.invalidate(&key(principal, scopes)).await;
    }
}

fn key(principal: &Principal, scopes: &ApiScopes) -> CachedTokenKey {
    (principal.owner, principal.credential.id(), scopes.clone())
}

#[async_trait]
impl DownstreamTokens for TokenCache {
    /// Demanded claims are those that a cached token lacks: they are exchanged for, and the new token takes its place.
    async fn token(
        &self,
        principal: &Principal,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<DownstreamToken, DownstreamError> {
        let key = key(principal, scopes);
        if claims.is_some() {
            let token = self.inner.token(principal, scopes, claims).await?;
            self.tokens.insert(key, token.clone()).await;
            return Ok(token);
        }
        if let Some(token) = self.tokens.get(&key).await {
            if token.expires_at - self.clock.now() > MIN_REMAINING {
                return Ok(token);
            }
            self.tokens.invalidate(&key).await;
        }
        let exchanged = self.tokens.try_get_with(key, self.inner.token(principal, scopes, None)).await;
        exchanged.map_err(|error| DownstreamError::clone(&error))
    }
}
