//! Tokens for an API: the upstream exchanges the principal's assertion (on-behalf-of).

use async_trait::async_trait;
use oauth_protocol::scope::Scope;
use secrecy::SecretString;
use time::{Duration, OffsetDateTime};

pub use super::downstream_error::DownstreamError;
use crate::{
    changes::RenewalError,
    ground::{Ended, GrantKey, Stored, Unavailable},
    resource::authenticate::{Credential, Principal},
    server::AuthorizationServer,
    state::{api::ApiScopes, claims::Claims, demand::Demand, scopes::scope_of, upstream_tokens::UpstreamTokens},
    upstream::{Block, UpstreamAnswer, UpstreamRefusal},
};

/// An assertion that ends sooner is renewed before it is exchanged.
const RENEWED_BEFORE_END: Duration = Duration::minutes(2);

/// A downstream token and its end.
#[derive(Clone)]
pub struct DownstreamToken {
    /// Bearer token for the downstream.
    pub access_token: SecretString,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

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
        let Credential::Grant { id: grant, .. } = principal.credential;
        let key = GrantKey { owner: principal.owner, grant };
        let mut stored = self.assertion(key).await?;
        if stored.value.left(self.now()) < RENEWED_BEFORE_END {
            stored = self.next_assertion(&principal.scope, stored).await?;
        }
        let answer = match self.exchange(&stored, scopes, claims).await {
            Err(UpstreamRefusal::InvalidGrant { reason }) => {
                tracing::info!(%reason, grant = %key.grant, "upstream refused the assertion: renewing it once");
                stored = self.next_assertion(&principal.scope, stored).await?;
                self.exchange(&stored, scopes, claims).await
            }
            answer => answer,
        };
        match answer {
            Ok(answer) => {
                if let Err(error) = self.exchanged(key, &scope_of(scopes)).await {
                    tracing::warn!(%error, grant = %key.grant, "could not clear what was demanded before an exchange");
                }
                Ok(DownstreamToken { access_token: answer.access_token, expires_at: answer.expires_at })
            }
            Err(refusal) => {
                let refused = Refused { key, scope: scope_of(scopes), claims };
                Err(self.mark_or_fail(refused, refusal).await?)
            }
        }
    }
}

/// The exchange or refresh that was refused.
struct Refused<'a> {
    key: GrantKey,
    scope: Scope,
    /// The claims that the downstream demanded.
    claims: Option<&'a Claims>,
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
        let (key, scope) = (stored.value.key, scope.clone());
        match self.renew_upstream_tokens(stored).await {
            Ok(_) => self.assertion(key).await,
            Err(RenewalError::Upstream(UpstreamRefusal::InvalidGrant { reason })) => {
                if !self.sign_in_helps(key, self.new_demand(scope, None, &reason)).await? {
                    return Err(DownstreamError::Blocked(Block::Repeated));
                }
                tracing::warn!(%reason, grant = %key.grant, "upstream refused to renew its tokens: grant revoked");
                self.revoke(key, Ended::UpstreamEnded).await?;
                Err(DownstreamError::SignInAgain)
            }
            Err(RenewalError::Gone(reason)) => {
                tracing::warn!(reason, grant = %key.grant, "upstream tokens cannot be renewed: grant revoked");
                self.revoke(key, Ended::UpstreamEnded).await?;
                Err(DownstreamError::SignInAgain)
            }
            Err(RenewalError::Upstream(refusal)) => {
                Err(self.mark_or_fail(Refused { key, scope, claims: None }, refusal).await?)
            }
            Err(RenewalError::Unavailable(unavailable)) => Err(unavailable.into()),
        }
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

    /// If a new sign-in can help, the demand is noted and the grant is marked; otherwise it stays as it is. The demand is written
    /// first: a marked grant without it would lead to a sign-in that carries no claims.
    async fn mark_or_fail(
        &self,
        Refused { key, scope, claims: given }: Refused<'_>,
        refusal: UpstreamRefusal,
    ) -> Result<DownstreamError, Unavailable> {
        tracing::warn!(error = %refusal, grant = %key.grant, "upstream gave no downstream token");
        match refusal {
            UpstreamRefusal::InteractionRequired { claims, reason } => {
                let demand = self.new_demand(scope, claims.or_else(|| given.cloned()), &reason);
                self.mark_for(key, demand).await
            }
            UpstreamRefusal::InvalidGrant { reason } => {
                self.mark_for(key, self.new_demand(scope, given.cloned(), &reason)).await
            }
            UpstreamRefusal::Blocked { .. } => Ok(DownstreamError::Blocked(Block::Policy)),
            UpstreamRefusal::Refused { reason } => Ok(DownstreamError::Refused(reason)),
            UpstreamRefusal::Unavailable(unavailable) => Ok(unavailable.into()),
        }
    }

    async fn mark_for(&self, key: GrantKey, demand: Demand) -> Result<DownstreamError, Unavailable> {
        if !self.sign_in_helps(key, demand).await? {
            return Ok(DownstreamError::Blocked(Block::Repeated));
        }
        self.mark(key).await?;
        Ok(DownstreamError::SignInAgain)
    }
}
