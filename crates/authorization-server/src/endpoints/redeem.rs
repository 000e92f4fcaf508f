//! `grant_type=authorization_code` (RFC 6749 §4.1.3). Creating the grant is the single use of the code.

use oauth_protocol::{
    resource, secret::Handle, token_request::AuthorizationCodeRequest, token_response::TokenResponse,
};
use time::{Duration, OffsetDateTime};

use super::token_error::TokenError;
use crate::{
    changes::{Change, Changed, change_from},
    ground::{
        Ended, EventName, GrantKey, Id, Network, Unavailable,
        lifetimes::{GRANT_LIFETIME, UPSTREAM_TOKENS_LIFETIME},
    },
    server::AuthorizationServer,
    state::{
        authorization::{CodeIssued, Stage},
        blocks::Verdict,
        family::Family,
        grant::{Grant, Status},
        upstream_tokens::UpstreamTokens,
    },
};

/// A second redemption within this time may be the client's own duplicate.
const DUPLICATE_WINDOW: Duration = Duration::seconds(20);

/// A valid code, and the key of its grant.
struct Redeemable {
    grant: GrantKey,
    decided_at: OffsetDateTime,
    code: CodeIssued,
    /// Whether its client has authenticated.
    authenticated: bool,
}

impl AuthorizationServer {
    /// Redeems a code for the first tokens of a grant.
    pub async fn redeem(&self, request: &AuthorizationCodeRequest, from: Network) -> Result<TokenResponse, TokenError> {
        let client = self.authenticate_client(&request.client, from).await?;
        let redeemable = self.redeemable(request.code.as_ref(), client.authenticated).await?;
        check(&redeemable.code, client.id, request)?;
        if client.is_blocked {
            return Err(TokenError::ClientBlocked);
        }
        resource::check(self.base(), &request.resource, resource::OAuthEndpoint::Token)
            .map_err(|_| TokenError::InvalidTarget)?;
        if redeemable.code.code_expired(self.now()) {
            if let Some(stored) = self.ports.grants.get(&redeemable.grant).await? {
                self.judge_replay(&stored.value).await?;
            }
            return Err(TokenError::InvalidGrant("the code has expired"));
        }
        self.keep_upstream_tokens(&redeemable).await?;
        let response = self.grant_unless_ended(&redeemable).await?;
        self.end_surplus_grants(redeemable.grant, client.id).await;
        self.note_use(client.id, client.use_is_noted).await;
        Ok(response)
    }

    async fn redeemable(&self, handle: Option<&Handle>, authenticated: bool) -> Result<Redeemable, TokenError> {
        let unknown = || TokenError::InvalidGrant("the code is unknown");
        let handle = handle.ok_or_else(unknown)?;
        let id = Id::parse(handle.locator()).ok_or_else(unknown)?;
        let authorization = self.ports.authorizations.get(&id).await?.ok_or_else(unknown)?.value;
        if authorization.expired(self.now()) {
            return Err(unknown());
        }
        match authorization.stage {
            Stage::CodeIssued(code) if code.code_hash.verifies(handle.secret()) => {
                let grant = GrantKey { owner: code.signed_in.subject.owner_key(), grant: id };
                Ok(Redeemable { grant, decided_at: authorization.decided_at, code, authenticated })
            }
            Stage::CodeIssued(_)
            | Stage::PendingUpstream(_)
            | Stage::Exchanging(_)
            | Stage::PendingConfirmation(_)
            | Stage::Denied
            | Stage::Refused(_)
            | Stage::Failed(_)
            | Stage::OwnPageSignIn => Err(unknown()),
        }
    }

    /// Written before the grant. If the process ends in between, the record expires by itself.
    async fn keep_upstream_tokens(&self, redeemable: &Redeemable) -> Result<(), TokenError> {
        let tokens = UpstreamTokens {
            key: redeemable.grant,
            sealed: redeemable.code.signed_in.sealed_tokens.clone(),
            access_expires_at: redeemable.code.signed_in.upstream_expires_at,
            kept_until: self.now() + UPSTREAM_TOKENS_LIFETIME,
        };
        self.ports.upstream_tokens.create(tokens).await?;
        Ok(())
    }

    async fn grant_unless_ended(&self, redeemable: &Redeemable) -> Result<TokenResponse, TokenError> {
        let key = redeemable.grant;
        let granted = self.grant(redeemable).await;
        // Checked after a failure too: the write of the grant may have succeeded.
        match self.ended_meanwhile(redeemable).await {
            Ok(None) => Ok(granted?.answer),
            Ok(Some((why, error))) => {
                self.revoke(key, why).await?;
                Err(error)
            }
            Err(unavailable) => {
                if let Ok(Changed { record: Some(granted), .. }) = granted {
                    self.unissue(&granted).await;
                }
                Err(unavailable.into())
            }
        }
    }

    /// Whether the owner or the operator has ended what this code stands for. Both write their mark first, and this reads both
    /// after the grant was written, so that one sees the other.
    async fn ended_meanwhile(
        &self,
        Redeemable { grant, decided_at, code, .. }: &Redeemable,
    ) -> Result<Option<(Ended, TokenError)>, Unavailable> {
        let client = code.request.client();
        if self.has_withdrawn(grant.owner, client, *decided_at).await? {
            return Ok(Some((Ended::Withdrawn, TokenError::InvalidGrant("the owner has withdrawn the consent"))));
        }
        Ok(match self.newest_verdict(client, *decided_at).await? {
            Verdict::Allowed => None,
            Verdict::Ended => Some((Ended::EndedByOperator, ended_by_operator())),
            Verdict::Blocked => Some((Ended::EndedByOperator, TokenError::ClientBlocked)),
        })
    }

    /// Creates the grant, or issues it again if nobody received its tokens. The tokens are made before the write, since
    /// nothing that can fail may come after it.
    async fn grant(&self, redeemable: &Redeemable) -> Result<Changed<Grant, TokenResponse>, TokenError> {
        let decide = async |grant: Option<Grant>| match grant {
            None => self.first_grant(redeemable).await,
            Some(grant) if grant.status == Status::Unissued => self.grant_again(redeemable, &grant).await,
            Some(grant) => {
                self.judge_replay(&grant).await?;
                Err(TokenError::InvalidGrant("the code was redeemed before"))
            }
        };
        let granted = change_from(self.ports.grants.as_ref(), None, decide).await?;
        self.report(EventName::GrantMade.event().grant(redeemable.grant).client(redeemable.code.request.client()));
        Ok(granted)
    }

    async fn first_grant(&self, redeemable: &Redeemable) -> Result<Change<Grant, TokenResponse>, TokenError> {
        let (key, now) = (redeemable.grant, self.now());
        let family_key = self.random_family_key();
        let sealed_key = self.seal(&family_key, key.grant).await?;
        let grant = Grant {
            key,
            client: redeemable.code.request.client(),
            authenticated: redeemable.authenticated,
            scope: redeemable.code.request.scope().clone(),
            address: redeemable.code.request.address(),
            status: Status::Active,
            version: 1,
            family: Family::first(sealed_key, now),
            redeemed_at: now,
            expires_at: now + GRANT_LIFETIME,
        };
        let ends = redeemable.code.signed_in.upstream_expires_at;
        let response = self.token_response(&grant, &family_key, ends).await?;
        Ok(Change::Write(grant, response))
    }

    async fn grant_again(
        &self,
        redeemable: &Redeemable,
        unissued: &Grant,
    ) -> Result<Change<Grant, TokenResponse>, TokenError> {
        let opened = self.open(&unissued.family.sealed_key, unissued.key.grant).await?;
        let family_key = opened.ok_or(TokenError::InvalidGrant("the family key is gone"))?;
        let grant = unissued.issued_again(self.now());
        let ends = redeemable.code.signed_in.upstream_expires_at;
        let response = self.token_response(&grant, &family_key, ends).await?;
        Ok(Change::Write(grant, response))
    }

    /// RFC 6749 §4.1.2: the tokens of a code that is used twice are revoked.
    async fn judge_replay(&self, grant: &Grant) -> Result<(), TokenError> {
        let replay = grant.status != Status::Unissued && self.now() - grant.redeemed_at > DUPLICATE_WINDOW;
        // This attempt may have stored the upstream tokens of a revoked grant again, so they are deleted again.
        if replay || grant.status == Status::Revoked {
            let alarm = EventName::CodeReplayed.event().client(grant.client);
            self.end(grant.key, Ended::CodeReplayed, Some(alarm)).await?;
        }
        Ok(())
    }
}

pub(crate) fn ended_by_operator() -> TokenError {
    TokenError::InvalidGrant("the operator has ended the grants of this client")
}

/// A `redirect_uri` that is there must be exact (OAuth 2.1 drops it).
fn check(issued: &CodeIssued, client: Id, request: &AuthorizationCodeRequest) -> Result<(), TokenError> {
    if issued.request.client() != client {
        return Err(TokenError::InvalidGrant("the code is another client's"));
    }
    if request.redirect_uri.as_ref().is_some_and(|uri| uri != issued.request.redirect().as_str()) {
        return Err(TokenError::InvalidGrant("the redirect URI differs"));
    }
    if request.code_verifier.as_ref().is_some_and(|verifier| issued.request.challenge().verify(verifier)) {
        Ok(())
    } else {
        Err(TokenError::InvalidGrant("the verifier does not match"))
    }
}
