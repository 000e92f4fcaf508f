//! `grant_type=refresh_token` (RFC 6749 §6, rotation by RFC 9700 §4.14.2).

use oauth_protocol::{resource, scope::Scope, token_request::RefreshTokenRequest, token_response::TokenResponse};
use secrecy::ExposeSecret as _;
use time::{Duration, OffsetDateTime};

use super::{redeem::ended_by_operator, token_error::TokenError};
use crate::{
    changes::{Change, RenewalError, change_from},
    ground::{Ended, EventName, Network, Unavailable, lifetimes::ACCESS_TOKEN_LIFETIME},
    server::AuthorizationServer,
    state::{
        blocks::Verdict,
        family::{FamilyKey, PresentedGeneration, RefreshToken, Successor},
        grant::{Grant, Status},
        scopes,
    },
    upstream::UpstreamRefusal,
};

/// A refresh succeeds without the upstream, which is down or was asked a moment ago, if the upstream's access token lives at
/// least this long.
const USABLE_WITHOUT_UPSTREAM: Duration = Duration::minutes(10);

impl AuthorizationServer {
    /// Answers a refresh token with its successor.
    pub async fn refresh(&self, request: &RefreshTokenRequest, from: Network) -> Result<TokenResponse, TokenError> {
        let client = self.authenticate_client(&request.client, from).await?;
        if client.is_blocked {
            return Err(TokenError::ClientBlocked);
        }
        let token = RefreshToken::parse(request.refresh_token.expose_secret()).ok_or_else(unknown)?;
        // One time for all attempts: of presentations at once, the last to come then has nothing to note that another has not.
        let asked_at = self.now();
        let decide = async |grant: Option<Grant>| {
            let grant = grant.ok_or_else(unknown)?;
            let family_key = self.open(&grant.family.sealed_key, grant.key.grant).await?;
            let family_key = family_key.ok_or(TokenError::InvalidGrant("the family key is gone"))?;
            if grant.client != client.id {
                return Err(TokenError::InvalidGrant("the refresh token is another client's"));
            }
            if !family_key.verifies(&token) {
                return Err(unknown());
            }
            if grant.authenticated && !client.authenticated {
                return Err(TokenError::InvalidGrant("the grant was made with client authentication"));
            }
            self.judge_refresh(request, &grant, &family_key, token.generation, asked_at).await
        };
        let stored = self.ports.grants.get(&token.key).await?;
        let changed = change_from(self.ports.grants.as_ref(), stored, decide).await?;
        let (response, successor) = changed.answer;
        if let Some(grant) = changed.record.filter(|_| successor != Successor::Same) {
            let refreshed = EventName::GrantRefreshed.event().grant(token.key).client(client.id);
            self.report(refreshed.generation(grant.value.family.generation));
        }
        self.note_use(client.id, client.use_is_noted).await;
        Ok(response)
    }

    /// The token's secret is right; its generation decides. The answer is made before the grant is written, since nothing
    /// that can fail may come after it.
    async fn judge_refresh(
        &self,
        request: &RefreshTokenRequest,
        grant: &Grant,
        family_key: &FamilyKey,
        generation: u32,
        asked_at: OffsetDateTime,
    ) -> Result<Change<Grant, (TokenResponse, Successor)>, TokenError> {
        let judged = grant.family.judge(generation, asked_at);
        if judged == PresentedGeneration::Replay {
            // A second holder has it, so the grant ends, whatever else the request says.
            self.end_replayed(grant.key, grant.client, generation).await?;
            return Err(TokenError::InvalidGrant("the refresh token was used before"));
        }
        self.check_operator(grant).await?;
        let is_unmarked = self.loses_mark(grant).await?;
        let unmarked = is_unmarked.then(|| Grant { status: Status::Active, ..grant.clone() });
        let grant = unmarked.as_ref().unwrap_or(grant);
        let scope = self.check_refresh(request, grant)?;
        let PresentedGeneration::Good(successor) = judged else {
            tracing::warn!(counted = true, grant = %grant.key.grant, "refresh token newer than the stored grant: the store lost a write");
            return Err(TokenError::InvalidGrant("the refresh token is not known any more"));
        };
        let ends = self.fresh_upstream_tokens(grant).await?;
        let next = grant.giving(successor, asked_at, self.seal(family_key, grant.key.grant).await?);
        let next = next.or_else(|| is_unmarked.then(|| grant.with_status(Status::Active)));
        let answered = next.as_ref().unwrap_or(grant).narrowed(scope);
        let response = self.token_response(&answered, family_key, ends).await?;
        Ok(match next {
            Some(next) => Change::Write(next, (response, successor)),
            None => Change::Keep((response, successor)),
        })
    }

    /// A grant whose application is blocked stays; one that the operator has ended is revoked now.
    async fn check_operator(&self, grant: &Grant) -> Result<(), TokenError> {
        match self.operator_verdict(grant.client, grant.redeemed_at).await? {
            Verdict::Allowed => Ok(()),
            Verdict::Blocked => Err(TokenError::ClientBlocked),
            Verdict::Ended => {
                self.revoke(grant.key, Ended::EndedByOperator).await?;
                Err(ended_by_operator())
            }
        }
    }

    /// Whether a grant is marked although its owner has signed in and Entra refuses all the same. The mark would send the owner
    /// to sign in at each call; without it the tools say what is refused.
    async fn loses_mark(&self, grant: &Grant) -> Result<bool, Unavailable> {
        if grant.status != Status::Marked {
            return Ok(false);
        }
        let owner = self.owner(grant.key.owner).await?;
        Ok(owner.is_some_and(|owner| owner.no_sign_in_helps(&grant.scope, self.now())))
    }

    /// The scope of the answer, if the request is one for this grant. Unknown scopes are ignored, as at the authorization
    /// endpoint.
    fn check_refresh(&self, request: &RefreshTokenRequest, grant: &Grant) -> Result<Scope, TokenError> {
        if !grant.usable(self.now()) {
            return Err(TokenError::InvalidGrant("the grant is not active"));
        }
        resource::check(self.base(), &request.resource, resource::OAuthEndpoint::Token)
            .map_err(|_| TokenError::InvalidTarget)?;
        scopes::refreshed(request.scope.as_ref(), &grant.scope).ok_or(TokenError::InvalidScope)
    }

    /// Renews the upstream's tokens if they end within the life of an access token. Returns when they end.
    async fn fresh_upstream_tokens(&self, grant: &Grant) -> Result<OffsetDateTime, TokenError> {
        let stored = self.ports.upstream_tokens.get(&grant.key).await?;
        let stored = stored.ok_or(TokenError::InvalidGrant("the upstream tokens are gone"))?;
        let (left, ends) = (stored.value.left(self.now()), stored.value.access_expires_at);
        let renewed_now = stored.value.are_new(self.now()) && left >= USABLE_WITHOUT_UPSTREAM;
        if left >= ACCESS_TOKEN_LIFETIME || renewed_now {
            return Ok(ends);
        }
        match self.renew_upstream_tokens(stored).await {
            Ok(ends) => Ok(ends),
            Err(RenewalError::Upstream(UpstreamRefusal::Unavailable(_))) if left >= USABLE_WITHOUT_UPSTREAM => Ok(ends),
            Err(error) => Err(self.after_failed_renewal(grant.key, &grant.scope, error).await?.into()),
        }
    }
}

fn unknown() -> TokenError {
    TokenError::InvalidGrant("the refresh token is unknown")
}
