//! Caches downstream tokens until shortly before they expire. Each grant and scope has one exchange at a time.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock, Id, Recent},
    resource::authenticate::Principal,
    resource::downstream::{DownstreamError, DownstreamToken, DownstreamTokens},
    state::{api::ApiScopes, claims::Claims},
};
use moka::future::Cache;
use secrecy::ExposeSecret as _;
use time::Duration;

/// Of all tokens. A token of Graph has two or three kilobytes.
const MAX_BYTES: u64 = 8 * 1024 * 1024;
/// Of a token beside its text: its key, and its places in the cache.
const ENTRY_BYTES: usize = 512;
/// An unused token is dropped after this. Tokens of Entra expire earlier.
const TIME_TO_IDLE: std::time::Duration = std::time::Duration::from_hours(2);
/// A token that expires sooner is replaced before it is used.
const MIN_REMAINING: Duration = Duration::minutes(5);
/// An API that has refused a new token, too, will hardly accept another one sooner.
const REFUSAL_LIFETIME: Duration = Duration::seconds(30);

/// The owner, the credential, and the scopes.
type CachedTokenKey = (Id, Id, ApiScopes);
/// A token that an API refused, and the hash of the claims that it demanded.
type RefusedTokenKey = (CachedTokenKey, Option<Id>);

/// [`DownstreamTokens`] with a cache. A revoked grant is refused before a token is asked for.
pub struct TokenCache {
    inner: Arc<dyn DownstreamTokens>,
    clock: Arc<dyn Clock>,
    tokens: Cache<CachedTokenKey, DownstreamToken>,
    /// The refusals after which the API refused the new token, too.
    refused: Recent<RefusedTokenKey, ()>,
}

impl TokenCache {
    /// A cache in front of the exchange.
    pub fn new(inner: Arc<dyn DownstreamTokens>, clock: Arc<dyn Clock>) -> Self {
        let bytes = |_: &CachedTokenKey, token: &DownstreamToken| bytes_of(token);
        let tokens = Cache::builder().max_capacity(MAX_BYTES).weigher(bytes).time_to_idle(TIME_TO_IDLE).build();
        Self { inner, clock, tokens, refused: Recent::believed_for(REFUSAL_LIFETIME) }
    }

    /// Drops a token that the API refused and for which it demanded these claims, and returns true. If the API has lately refused a
    /// new token that was asked for because of the same refusal, the token stays: else each call would cost Entra an exchange.
    pub async fn forget(&self, principal: &Principal, scopes: &ApiScopes, claims: Option<&Claims>) -> bool {
        let key = key(principal, scopes);
        if self.refused.get(&refused(key.clone(), claims), self.clock.now()).is_some() {
            return false;
        }
        self.tokens.invalidate(&key).await;
        true
    }

    /// Notes that the API refused the new token, too, that was asked for because of this refusal.
    pub fn note_refused(&self, principal: &Principal, scopes: &ApiScopes, claims: Option<&Claims>) {
        self.refused.put(refused(key(principal, scopes), claims), (), self.clock.now());
    }
}

fn bytes_of(token: &DownstreamToken) -> u32 {
    u32::try_from(ENTRY_BYTES + token.access_token.expose_secret().len()).unwrap_or(u32::MAX)
}

fn key(principal: &Principal, scopes: &ApiScopes) -> CachedTokenKey {
    (principal.owner, principal.credential.id(), scopes.clone())
}

fn refused(key: CachedTokenKey, claims: Option<&Claims>) -> RefusedTokenKey {
    (key, claims.map(|claims| Id::sha256_of(&claims.challenge())))
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
