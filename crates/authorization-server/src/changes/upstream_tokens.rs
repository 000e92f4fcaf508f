//! Upstream tokens, refreshed at the upstream.

use time::OffsetDateTime;

use crate::{
    ground::{Advanced, Stored, Unavailable, lifetimes::UPSTREAM_TOKENS_LIFETIME},
    server::AuthorizationServer,
    state::upstream_tokens::UpstreamTokens,
    upstream::UpstreamRefusal,
};

impl AuthorizationServer {
    /// Redeems the upstream's refresh token and keeps the answer beside the grant. The outer failure is our own store's
    /// or keyring's.
    pub(crate) async fn refresh_upstream(
        &self,
        stored: &Stored<UpstreamTokens>,
    ) -> Result<Result<OffsetDateTime, UpstreamRefusal>, Unavailable> {
        let gone = |reason: &str| Ok(Err(UpstreamRefusal::InvalidGrant { reason: reason.to_owned() }));
        let Some(secrets) = stored.value.open(self.ports.sealer.as_ref()).await? else {
            return gone("the tokens cannot be opened");
        };
        let Some(refresh_token) = secrets.refresh_token else { return gone("no refresh token was given") };
        let answer = match self.ports.upstream.refresh(&refresh_token).await {
            Ok(answer) => answer,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let key = stored.value.key;
        let sealed = answer.secrets(Some(&refresh_token)).seal(self.ports.sealer.as_ref(), key.grant).await?;
        let kept_until = self.now() + UPSTREAM_TOKENS_LIFETIME;
        let next = UpstreamTokens { key, sealed, access_expires_at: answer.expires_at, kept_until };
        match self.ports.upstream_tokens.advance(&stored.version, next).await? {
            Advanced::Done(next) | Advanced::Lost(Some(next)) => Ok(Ok(next.value.access_expires_at)),
            Advanced::Lost(None) => gone("the tokens were deleted meanwhile"),
        }
    }
}
