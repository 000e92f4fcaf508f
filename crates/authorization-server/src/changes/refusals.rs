//! The effect of an upstream refusal on a grant: one rule for exchanges and refreshes.

use oauth_protocol::scope::Scope;

use super::upstream_tokens::RenewalError;
use crate::{
    ground::{Ended, GrantKey, Unavailable},
    server::AuthorizationServer,
    state::{claims::Claims, demand::RefusedRequest},
    upstream::{UpstreamBlock, UpstreamRefusal},
};

/// A request of a grant that the upstream refused.
pub(crate) struct RefusedByUpstream<'a> {
    pub(crate) key: GrantKey,
    pub(crate) request: RefusedRequest,
    /// The scopes that get no token.
    pub(crate) scope: Scope,
    /// The claims that an API had demanded.
    pub(crate) claims: Option<&'a Claims>,
}

/// The state of a grant after a refusal.
#[derive(Debug)]
pub(crate) enum AfterRefusal {
    /// Its owner must sign in again.
    Marked,
    /// It is revoked: the upstream's tokens are of no use any more.
    Ended,
    /// No sign-in helps. It stays as it is.
    Blocked(UpstreamBlock),
    /// The upstream refuses us. It stays as it is.
    Refused(String),
    /// The upstream did not decide. It stays as it is.
    Unavailable(Unavailable),
}

impl AuthorizationServer {
    /// If a new sign-in can help, the demand is noted, and the grant is marked, or ended with its refresh token. The demand is
    /// written first: a marked grant without it would lead to a sign-in that carries no claims.
    pub(crate) async fn after_refusal(
        &self,
        RefusedByUpstream { key, request, scope, claims: given }: RefusedByUpstream<'_>,
        refusal: UpstreamRefusal,
    ) -> Result<AfterRefusal, Unavailable> {
        let (grant, error) = (key.grant, &refusal);
        match request {
            RefusedRequest::Exchange => {
                tracing::warn!(counted = true, %error, %grant, "upstream gave no downstream token");
            }
            RefusedRequest::Refresh => {
                tracing::warn!(counted = true, %error, %grant, "upstream refused to renew its tokens");
            }
        }
        let (claims, reason, is_over) = match refusal {
            UpstreamRefusal::InteractionRequired { claims, reason } => (claims, reason, false),
            UpstreamRefusal::ConsentRequired { reason } => (None, reason, false),
            UpstreamRefusal::InvalidGrant { reason } => (None, reason, request == RefusedRequest::Refresh),
            UpstreamRefusal::Blocked { .. } => return Ok(AfterRefusal::Blocked(UpstreamBlock::Policy)),
            UpstreamRefusal::Refused { reason } => return Ok(AfterRefusal::Refused(reason)),
            UpstreamRefusal::Unavailable(unavailable) => return Ok(AfterRefusal::Unavailable(unavailable)),
        };
        let claims = claims.or_else(|| given.cloned());
        if !self.sign_in_helps(key, self.new_demand(request, scope, claims, &reason)).await? {
            return Ok(AfterRefusal::Blocked(UpstreamBlock::Repeated));
        }
        if is_over {
            self.revoke(key, Ended::UpstreamEnded).await?;
            return Ok(AfterRefusal::Ended);
        }
        self.mark(key).await?;
        Ok(AfterRefusal::Marked)
    }

    /// The same for upstream tokens that were not renewed.
    pub(crate) async fn after_failed_renewal(
        &self,
        key: GrantKey,
        scope: &Scope,
        error: RenewalError,
    ) -> Result<AfterRefusal, Unavailable> {
        match error {
            RenewalError::Upstream(refusal) => {
                let refused =
                    RefusedByUpstream { key, request: RefusedRequest::Refresh, scope: scope.clone(), claims: None };
                self.after_refusal(refused, refusal).await
            }
            RenewalError::Gone(reason) => {
                tracing::warn!(reason, grant = %key.grant, "upstream tokens cannot be renewed: grant revoked");
                self.revoke(key, Ended::UpstreamEnded).await?;
                Ok(AfterRefusal::Ended)
            }
            RenewalError::Unavailable(unavailable) => Err(unavailable),
        }
    }
}
