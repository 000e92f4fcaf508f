//! Tokens for an API: the upstream exchanges the principal's assertion (on-behalf-of).

use async_trait::async_trait;
use oauth_protocol::scope::Scope;
use time::Duration;

pub use super::{downstream_error::DownstreamError, downstream_token::DownstreamToken};
use crate::{
    changes::RefusedByUpstream,
    ground::{GrantKey, Id, Stored},
    resource::authenticate::Principal,
    server::AuthorizationServer,
    state::{
        api::ApiScopes, claims::Claims, demand::RefusedRequest, scopes::scope_of, upstream_tokens::UpstreamTokens,
    },
    upstream::{UpstreamAnswer, UpstreamRefusal},
};

/// An assertion that ends sooner is renewed before it is exchanged.
const RENEWED_BEFORE_END: Duration = Duration::minutes(2);

/// Gives tools their downstream tokens.
#[async_trait]
pub trait DownstreamTokens: Send + Sync {
    /// A token for this principal and these scopes, with the claims that the API has demanded.
    async fn token(
        &self,
        principal: &Principal,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<DownstreamToken, DownstreamError>;
}

#[async_trait]
impl DownstreamTokens for AuthorizationServer {
    async fn token(
        &self,
        principal: &Principal,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<DownstreamToken, DownstreamError> {
        let Some(key) = principal.grant() else { return self.exchange_for_client(principal, scopes, claims).await };
        let request = (key, scopes.clone(), claims.map(|claims| Id::sha256_of(&claims.challenge())));
        if let Some(refusal) = self.refused_exchanges.get(&request, self.now()) {
            return Err(self.after_refused_exchange(key, scopes, claims, refusal).await);
        }
        let mut stored = self.assertion(key).await?;
        if stored.value.left(self.now()) < RENEWED_BEFORE_END {
            stored = self.next_assertion(&principal.scope, stored).await?;
        }
        let mut answer = self.exchange(&stored, scopes, claims).await;
        if let Err(UpstreamRefusal::InvalidGrant { reason }) = &answer {
            tracing::info!(counted = true, %reason, grant = %key.grant, "upstream refused the assertion: renewing it once");
            stored = self.next_assertion(&principal.scope, stored).await?;
            answer = self.exchange(&stored, scopes, claims).await;
            if let Err(refusal @ UpstreamRefusal::InvalidGrant { .. }) = &answer {
                self.refused_exchanges.put(request, refusal.clone(), self.now());
            }
        }
        match answer {
            Ok(answer) => {
                self.note_exchange(key, scopes).await;
                Ok(answer.into())
            }
            Err(refusal) => Err(self.after_refused_exchange(key, scopes, claims, refusal).await),
        }
    }
}

impl AuthorizationServer {
    pub(super) async fn assertion(&self, key: GrantKey) -> Result<Stored<UpstreamTokens>, DownstreamError> {
        self.ports.upstream_tokens.get(&key).await?.ok_or(DownstreamError::SignInAgain)
    }

    /// The assertion, renewed upstream.
    pub(super) async fn next_assertion(
        &self,
        scope: &Scope,
        stored: Stored<UpstreamTokens>,
    ) -> Result<Stored<UpstreamTokens>, DownstreamError> {
        let key = stored.value.key;
        match self.renew_upstream_tokens(stored).await {
            Ok(_) => self.assertion(key).await,
            Err(error) => Err(self.after_failed_renewal(key, scope, error).await?.into()),
        }
    }

    async fn note_exchange(&self, key: GrantKey, scopes: &ApiScopes) {
        if let Err(error) = self.exchanged(key, &scope_of(scopes)).await {
            tracing::warn!(counted = true, %error, grant = %key.grant, "could not clear a demand that an exchange has met");
        }
    }

    async fn after_refused_exchange(
        &self,
        key: GrantKey,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
        refusal: UpstreamRefusal,
    ) -> DownstreamError {
        let refused = RefusedByUpstream { key, request: RefusedRequest::Exchange, scope: scope_of(scopes), claims };
        self.after_refusal(refused, refusal).await.map_or_else(DownstreamError::from, DownstreamError::from)
    }

    async fn exchange(
        &self,
        stored: &Stored<UpstreamTokens>,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<UpstreamAnswer, UpstreamRefusal> {
        let gone = || UpstreamRefusal::InvalidGrant { reason: "the tokens cannot be opened".into() };
        let secrets = self.open(&stored.value.sealed, stored.value.key.grant).await?.ok_or_else(gone)?;
        self.ports.upstream.on_behalf_of(&secrets.access_token, scopes, claims).await
    }
}
