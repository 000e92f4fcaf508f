//! `grant_type=refresh_token` (RFC 6749 §6, rotation by RFC 9700 §4.14.2).

use oauth_protocol::{resource, scope::Scope, token_response::TokenResponse};
use secrecy::{ExposeSecret as _, SecretString};
use time::{Duration, OffsetDateTime};

use crate::{
    changes::{ATTEMPTS, contended},
    endpoints::token_error::TokenError,
    ground::{Advanced, GrantKey, Id, Stored, Unavailable, lifetimes::ACCESS_TOKEN_LIFETIME},
    server::AuthorizationServer,
    state::{
        family::{FamilyKey, Presented, RefreshToken},
        grant::{Grant, Status},
        scopes,
    },
    upstream::UpstreamRefusal,
};

/// With the upstream down, an access token is still issued if its assertion lives this long.
const LEAST_LEFT: Duration = Duration::minutes(10);

/// A refresh as the client sent it.
pub struct Refresh<'a> {
    /// `client_id`.
    pub client_id: &'a str,
    /// `refresh_token`.
    pub refresh_token: &'a SecretString,
    /// `scope`, a subset of the grant's; unknown extras are ignored, as at the authorization endpoint.
    pub scope: Option<&'a Scope>,
    /// `resource`, any number of times.
    pub resource: &'a [&'a str],
}

impl AuthorizationServer {
    /// Answers a refresh token with its successor.
    pub async fn refresh(&self, refresh: &Refresh<'_>) -> Result<TokenResponse, TokenError> {
        let client = self.find_client(refresh.client_id).await?.ok_or(TokenError::UnknownClient)?;
        let unknown = || TokenError::InvalidGrant("the refresh token is unknown");
        let token = RefreshToken::parse(refresh.refresh_token.expose_secret()).ok_or_else(unknown)?;
        let mut stored = self.ports.grants.get(&token.key).await?.ok_or_else(unknown)?;
        for _ in 0..ATTEMPTS {
            match self.try_refresh(refresh, client.value.id, &token, stored).await? {
                Ok(response) => {
                    self.note_use(&client).await;
                    return Ok(response);
                }
                Err(current) => stored = current.ok_or_else(unknown)?,
            }
        }
        Err(contended().into())
    }

    /// One decision from one version: an answer, or what stands now instead.
    async fn try_refresh(
        &self,
        refresh: &Refresh<'_>,
        client: Id,
        token: &RefreshToken,
        stored: Stored<Grant>,
    ) -> Result<Result<TokenResponse, Option<Stored<Grant>>>, TokenError> {
        let grant = &stored.value;
        let opened = FamilyKey::open(self.ports.sealer.as_ref(), grant.key.grant, &grant.family.sealed_key).await?;
        let family_key = opened.ok_or(TokenError::InvalidGrant("the family key is gone"))?;
        let scope = self.check_refresh(refresh, client, grant)?;
        if !family_key.verifies(token) {
            return Err(TokenError::InvalidGrant("the refresh token is unknown"));
        }
        match grant.family.judge(token.generation, self.now()) {
            Presented::Replay => {
                tracing::warn!(audit = "refresh token replay", grant = %grant.key.grant, "family revoked");
                self.revoke(grant.key).await?;
                Err(TokenError::InvalidGrant("the refresh token was used before"))
            }
            Presented::Ahead => {
                tracing::warn!(grant = %grant.key.grant, "the store has forgotten a refresh");
                Err(TokenError::InvalidGrant("the refresh token is not known any more"))
            }
            Presented::Retry => {
                let upstream_expires_at = self.fresh_upstream(grant.key).await?;
                Ok(Ok(self.token_response(&grant.narrowed(scope), &family_key, upstream_expires_at).await?))
            }
            Presented::Current => {
                let upstream_expires_at = self.fresh_upstream(grant.key).await?;
                let next =
                    grant.rotated(self.now(), family_key.seal(self.ports.sealer.as_ref(), grant.key.grant).await?);
                match self.ports.grants.advance(&stored.version, next).await? {
                    Advanced::Done(next) => {
                        let grant = next.value.narrowed(scope);
                        Ok(Ok(self.token_response(&grant, &family_key, upstream_expires_at).await?))
                    }
                    Advanced::Lost(current) => Ok(Err(current)),
                }
            }
        }
    }

    /// The scope of the answer, if the request is one for this grant.
    fn check_refresh(&self, refresh: &Refresh<'_>, client: Id, grant: &Grant) -> Result<Scope, TokenError> {
        if grant.client != client {
            return Err(TokenError::InvalidGrant("the refresh token is another client's"));
        }
        if !grant.usable(self.now()) {
            return Err(TokenError::InvalidGrant("the grant is marked, revoked or expired"));
        }
        resource::check(self.base(), refresh.resource, resource::Endpoint::Token)
            .map_err(|_| TokenError::InvalidTarget)?;
        let Some(asked) = refresh.scope else { return Ok(grant.scope.clone()) };
        let known = scopes::granted(Some(asked)).ok_or(TokenError::InvalidScope)?;
        if known.is_subset(&grant.scope) { Ok(known) } else { Err(TokenError::InvalidScope) }
    }

    /// Refreshes the upstream's tokens if they would end within an access token's life. Says when they end.
    async fn fresh_upstream(&self, key: GrantKey) -> Result<OffsetDateTime, TokenError> {
        let gone = TokenError::InvalidGrant("the upstream tokens are gone");
        let Some(stored) = self.ports.upstream_tokens.get(&key).await? else { return Err(gone) };
        let left = stored.value.left(self.now());
        if left >= ACCESS_TOKEN_LIFETIME {
            return Ok(stored.value.access_expires_at);
        }
        match self.refresh_upstream(&stored).await? {
            Ok(expires_at) => Ok(expires_at),
            Err(UpstreamRefusal::Unavailable(_)) if left >= LEAST_LEFT => Ok(stored.value.access_expires_at),
            Err(UpstreamRefusal::Unavailable(unavailable)) => Err(unavailable.into()),
            Err(refusal) => Err(self.follow_refusal(key, refusal).await?),
        }
    }

    /// The upstream will not go on with this grant as it is: mark it, or end it.
    async fn follow_refusal(&self, key: GrantKey, refusal: UpstreamRefusal) -> Result<TokenError, Unavailable> {
        tracing::warn!(error = %refusal, grant = %key.grant, "upstream refresh refused");
        match refusal {
            UpstreamRefusal::InteractionRequired { .. } => {
                self.set_status(key, Status::Marked).await?;
                Ok(TokenError::InvalidGrant("the upstream wants the user"))
            }
            UpstreamRefusal::InvalidGrant { .. } => {
                self.revoke(key).await?;
                Ok(TokenError::InvalidGrant("the upstream ended the grant"))
            }
            UpstreamRefusal::Refused { reason } => Ok(TokenError::Refused(reason)),
            UpstreamRefusal::Unavailable(unavailable) => Ok(unavailable.into()),
        }
    }
}
