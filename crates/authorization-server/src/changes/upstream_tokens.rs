//! Renews upstream tokens at the upstream.

use std::future::ready;

use time::OffsetDateTime;

use super::{Change, change_from};
use crate::{
    ground::{Stored, Unavailable, lifetimes::UPSTREAM_TOKENS_LIFETIME},
    server::AuthorizationServer,
    state::upstream_tokens::UpstreamTokens,
    upstream::UpstreamRefusal,
};

/// Why upstream tokens are not renewed.
pub(crate) enum RenewalError {
    /// The upstream refused.
    Upstream(UpstreamRefusal),
    /// There is nothing to renew them with.
    Gone(&'static str),
    /// Our own store or keyring failed.
    Unavailable(Unavailable),
}

impl From<Unavailable> for RenewalError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl AuthorizationServer {
    /// Redeems the upstream's refresh token and stores the answer. Returns when the tokens that then stand end: another
    /// process may have renewed them first.
    pub(crate) async fn renew_upstream_tokens(
        &self,
        stored: Stored<UpstreamTokens>,
    ) -> Result<OffsetDateTime, RenewalError> {
        let key = stored.value.key;
        let next = self.renewed(&stored.value).await?;
        let mut ours = true;
        let decide = |current: Option<UpstreamTokens>| {
            ready(match current {
                None => Err(RenewalError::Gone("the tokens were deleted meanwhile")),
                Some(_) if std::mem::take(&mut ours) => Ok(Change::Write(next.clone(), next.access_expires_at)),
                Some(renewed) => Ok(Change::Keep(renewed.access_expires_at)),
            })
        };
        let ends = change_from(self.ports.upstream_tokens.as_ref(), Some(stored), decide).await?.answer;
        if let Err(error) = self.renewed_again(key).await {
            tracing::warn!(counted = true, %error, grant = %key.grant, "could not clear a demand that a refresh has met");
        }
        Ok(ends)
    }

    async fn renewed(&self, tokens: &UpstreamTokens) -> Result<UpstreamTokens, RenewalError> {
        let key = tokens.key;
        let secrets = self.open(&tokens.sealed, key.grant).await?;
        let secrets = secrets.ok_or(RenewalError::Gone("the tokens cannot be opened"))?;
        let refresh_token = secrets.refresh_token.ok_or(RenewalError::Gone("no refresh token was given"))?;
        let answer = self.ports.upstream.refresh(&refresh_token).await.map_err(RenewalError::Upstream)?;
        let sealed = self.seal(&answer.secrets(Some(&refresh_token)), key.grant).await?;
        let kept_until = self.now() + UPSTREAM_TOKENS_LIFETIME;
        Ok(UpstreamTokens { key, sealed, access_expires_at: answer.expires_at, kept_until })
    }
}
