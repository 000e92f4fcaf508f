//! The claims that callers' tokens of Entra lack.

use std::sync::Arc;

use authorization_server::{
    ground::{Id, lifetimes::ENTRA_TOKEN_LIFETIME},
    resource::{
        authenticate::Principal,
        challenged_tokens::ChallengedTokens,
        downstream::{DownstreamError, DownstreamTokens as _},
    },
    state::{
        api::ApiScopes,
        challenged_token::LackedClaims,
        claims::Claims,
        scopes::{self, Permission, scope_of},
    },
};
use moka::future::Cache;

use super::token_cache::TokenCache;

/// How many demands are remembered, and of how many tokens the notes of other processes are.
const MAX_DEMANDS: u64 = 10_000;
/// How long the notes of other processes are believed, as a grant is.
const NOTES_LIFETIME: std::time::Duration = std::time::Duration::from_secs(30);

/// The greatest age of the notes of other processes that a call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// A read of the last 30 seconds is enough, so most calls need no read.
    Lately,
    /// The notes are read now.
    Now,
}

/// The claims that tokens were found to lack while a tool ran, by token and by the scopes for which they lack them: what one API
/// demands concerns no call of another.
pub(super) struct DemandedClaims {
    /// Met by this process.
    met: Cache<(Id, ApiScopes), Claims>,
    /// Met by any process.
    challenged: Arc<dyn ChallengedTokens>,
    noted: Cache<Id, Arc<[LackedClaims]>>,
}

impl DemandedClaims {
    /// This process has met none yet.
    pub(super) fn new(challenged: Arc<dyn ChallengedTokens>) -> Self {
        let (met, noted) = (Cache::builder().max_capacity(MAX_DEMANDS), Cache::builder().max_capacity(MAX_DEMANDS));
        let met = met.time_to_live(ENTRA_TOKEN_LIFETIME.unsigned_abs()).build();
        Self { met, challenged, noted: noted.time_to_live(NOTES_LIFETIME).build() }
    }

    /// Notes what this principal's token lacks for these scopes.
    pub(super) async fn note(&self, principal: &Principal, scopes: &ApiScopes, claims: &Claims) {
        self.met.insert((principal.credential.id(), scopes.clone()), claims.clone()).await;
        if let Err(error) = self.challenged.note(principal, scopes, claims).await {
            tracing::warn!(counted = true, %error, "could not tell other processes which claims a token of Entra lacks");
        }
    }

    /// The claims without which a principal whose client got its token from Entra cannot use these permissions: those that a call
    /// with this token has met before, or those that an exchange meets now. Any other failure is the tool's to tell.
    pub(super) async fn of(
        &self,
        tokens: &TokenCache,
        principal: &Principal,
        permissions: &[&'static Permission],
        notes: Freshness,
    ) -> Option<Claims> {
        if scopes::needed(&principal.scope, permissions).is_some() {
            return None;
        }
        let apis = scopes::by_api(permissions);
        if let Some(claims) = self.known(principal, &apis, notes).await {
            return Some(claims);
        }
        for scopes in apis {
            if let Err(DownstreamError::ClaimsDemanded(claims)) = tokens.token(principal, &scopes, None).await {
                return Some(claims);
            }
        }
        None
    }

    async fn known(&self, principal: &Principal, apis: &[ApiScopes], notes: Freshness) -> Option<Claims> {
        let token = principal.credential.id();
        for scopes in apis {
            if let Some(claims) = self.met.get(&(token, scopes.clone())).await {
                return Some(claims);
            }
        }
        let noted = self.noted(principal, notes).await;
        let concerns = |lacked: &&LackedClaims| apis.iter().any(|scopes| scope_of(scopes) == lacked.scope);
        noted.iter().find(concerns).map(|lacked| lacked.claims.clone())
    }

    /// The claims that the principal's token was noted to lack. If the store does not answer, there are none, and the tool meets the demand itself.
    async fn noted(&self, principal: &Principal, notes: Freshness) -> Arc<[LackedClaims]> {
        let token = principal.credential.id();
        if let Some(noted) = self.noted.get(&token).await.filter(|_| notes == Freshness::Lately) {
            return noted;
        }
        match self.challenged.noted(principal).await {
            Ok(noted) => {
                let noted: Arc<[_]> = noted.into();
                self.noted.insert(token, Arc::clone(&noted)).await;
                noted
            }
            Err(error) => {
                tracing::warn!(counted = true, %error, "could not read from other processes which claims a token of Entra lacks");
                Arc::default()
            }
        }
    }
}
