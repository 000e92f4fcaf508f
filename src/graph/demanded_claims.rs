//! The claims that callers' tokens of Entra lack.

use authorization_server::{
    ground::{Id, lifetimes::ENTRA_TOKEN_LIFETIME},
    resource::{
        authenticate::Principal,
        downstream::{DownstreamError, DownstreamTokens as _},
    },
    state::{
        api::ApiScopes,
        claims::Claims,
        scopes::{self, Permission},
    },
};
use moka::future::Cache;

use super::token_cache::TokenCache;

/// How many demands are remembered.
const MAX_DEMANDS: u64 = 10_000;

/// The claims that tokens were found to lack while a tool ran, by token and by the scopes for which they lack them: what one API
/// demands concerns no call of another.
pub(super) struct DemandedClaims(Cache<(Id, ApiScopes), Claims>);

impl Default for DemandedClaims {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_DEMANDS).time_to_live(ENTRA_TOKEN_LIFETIME.unsigned_abs()).build())
    }
}

impl DemandedClaims {
    /// Notes what this principal's token lacks for these scopes.
    pub(super) async fn note(&self, principal: &Principal, scopes: &ApiScopes, claims: &Claims) {
        self.0.insert((principal.credential.id(), scopes.clone()), claims.clone()).await;
    }

    /// The claims without which a principal whose client got its token from Entra cannot use these permissions: those that a call
    /// with this token has met before, or those that an exchange meets now. Any other failure is the tool's to tell.
    pub(super) async fn of(
        &self,
        tokens: &TokenCache,
        principal: &Principal,
        permissions: &[&'static Permission],
    ) -> Option<Claims> {
        if scopes::needed(&principal.scope, permissions).is_some() {
            return None;
        }
        for scopes in scopes::by_api(permissions) {
            let key = (principal.credential.id(), scopes);
            if let Some(claims) = self.0.get(&key).await {
                return Some(claims);
            }
            let token = tokens.token(principal, &key.1, None).await;
            if let Err(DownstreamError::ClaimsDemanded(claims)) = token {
                return Some(claims);
            }
        }
        None
    }
}
