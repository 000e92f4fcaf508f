//! `grant_type=authorization_code` (RFC 6749 §4.1.3): creating the grant is the single use of the code.

use oauth_protocol::{pkce::CodeVerifier, resource, secret::Handle, token_response::TokenResponse};
use secrecy::{ExposeSecret as _, SecretString};
use time::{Duration, OffsetDateTime};

use crate::{
    changes::contended,
    endpoints::token_error::TokenError,
    ground::{
        Advanced, Created, GrantKey, Id, Stored,
        lifetimes::{GRANT_LIFETIME, UPSTREAM_TOKENS_LIFETIME},
    },
    server::AuthorizationServer,
    state::{
        authorization::{CodeIssued, Stage},
        family::{Family, FamilyKey},
        grant::{Grant, Status},
        upstream_tokens::UpstreamTokens,
    },
};

/// A second redemption sooner than this cannot be told from the client's own duplicate.
const DUPLICATE_WINDOW: Duration = Duration::seconds(20);

/// A redemption as the client sent it.
pub struct Redemption<'a> {
    /// `client_id`.
    pub client_id: &'a str,
    /// `code`.
    pub code: &'a SecretString,
    /// `redirect_uri`, exact if it is there (OAuth 2.1 drops it).
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`.
    pub verifier: Option<&'a SecretString>,
    /// `resource`, any number of times.
    pub resource: &'a [&'a str],
}

impl AuthorizationServer {
    /// Redeems a code for the first tokens of a grant.
    pub async fn redeem(&self, redemption: &Redemption<'_>) -> Result<TokenResponse, TokenError> {
        let client = self.find_client(redemption.client_id).await?.ok_or(TokenError::UnknownClient)?;
        let (id, decided_at, issued) = self.code_issued(redemption.code).await?;
        check(&issued, client.value.id, redemption)?;
        resource::check(self.base(), redemption.resource, resource::Endpoint::Token)
            .map_err(|_| TokenError::InvalidTarget)?;
        let key = GrantKey { owner: issued.signed_in.subject.owner_key(), grant: id };
        if issued.code_expired(self.now()) {
            self.refuse_replay(key).await?;
            return Err(TokenError::InvalidGrant("the code has expired"));
        }
        self.keep_upstream_tokens(key, &issued).await?;
        let created = self.create_grant(key, &issued).await;
        // Asked after a failure too: the grant may stand, made by an attempt that came no further than that.
        match self.withdrawn_meanwhile(key, client.value.id, decided_at).await {
            Ok(false) => {}
            Ok(true) => {
                self.revoke(key).await?;
                return Err(TokenError::InvalidGrant("the owner took the consent back"));
            }
            Err(unavailable) => {
                if let Ok((_, granted)) = created {
                    self.take_back(granted).await;
                }
                return Err(unavailable.into());
            }
        }
        let (response, _) = created?;
        self.note_use(&client).await;
        Ok(response)
    }

    /// Ends a grant whose tokens nobody was given, so that its code can be redeemed again. If this fails as well, the code
    /// is spent: a new sign-in helps.
    async fn take_back(&self, granted: Stored<Grant>) {
        if let Err(error) = self.ports.grants.advance(&granted.version, granted.value.taken_back()).await {
            tracing::warn!(%error, "a grant that nobody holds stays");
        }
    }

    async fn code_issued(&self, code: &SecretString) -> Result<(Id, OffsetDateTime, CodeIssued), TokenError> {
        let unknown = || TokenError::InvalidGrant("the code is unknown");
        let handle = Handle::parse(code.expose_secret()).ok_or_else(unknown)?;
        let id = Id::parse(handle.locator()).ok_or_else(unknown)?;
        let stored = self.ports.authorizations.get(&id).await?.ok_or_else(unknown)?;
        if stored.value.expired(self.now()) {
            return Err(unknown());
        }
        let decided_at = stored.value.decided_at;
        match stored.value.stage {
            Stage::CodeIssued(issued) if issued.code_hash.verifies(handle.secret()) => Ok((id, decided_at, issued)),
            Stage::CodeIssued(_)
            | Stage::PendingUpstream(_)
            | Stage::Exchanging(_)
            | Stage::PendingConfirmation(_)
            | Stage::Denied
            | Stage::Failed(_) => Err(unknown()),
        }
    }

    /// Written before the grant: if we die in between, the orphan ends by its lifetime.
    async fn keep_upstream_tokens(&self, key: GrantKey, issued: &CodeIssued) -> Result<(), TokenError> {
        let tokens = UpstreamTokens {
            key,
            sealed: issued.signed_in.sealed_tokens.clone(),
            access_expires_at: issued.signed_in.upstream_expires_at,
            kept_until: self.now() + UPSTREAM_TOKENS_LIFETIME,
        };
        self.ports.upstream_tokens.create(tokens).await?;
        Ok(())
    }

    /// The first tokens, and the grant that now stands. Creating it is the single use, so whatever else can fail comes
    /// before.
    async fn create_grant(
        &self,
        key: GrantKey,
        issued: &CodeIssued,
    ) -> Result<(TokenResponse, Stored<Grant>), TokenError> {
        let now = self.now();
        let family_key = FamilyKey::random(self.ports.entropy.as_ref());
        let sealed_key = family_key.seal(self.ports.sealer.as_ref(), key.grant).await?;
        let grant = Grant {
            key,
            client: issued.request.client,
            scope: issued.request.scope.clone(),
            status: Status::Active,
            version: 1,
            family: Family { sealed_key, generation: 1, rotated_at: now, seen: false },
            redeemed_at: now,
            expires_at: now + GRANT_LIFETIME,
        };
        let response = self.token_response(&grant, &family_key, issued.signed_in.upstream_expires_at).await?;
        let stored = match self.ports.grants.create(grant).await? {
            Created::Done(stored) => return Ok((response, stored)),
            Created::Exists(stored) => stored,
        };
        if stored.value.was_taken_back()
            && let Some(granted) = self.give_again(&stored, issued).await?
        {
            return Ok(granted);
        }
        self.judge_replay(&stored).await?;
        Err(TokenError::InvalidGrant("the code was redeemed before"))
    }

    /// The same grant for another attempt, after the one that made it has taken it back. One attempt gets it.
    async fn give_again(
        &self,
        stored: &Stored<Grant>,
        issued: &CodeIssued,
    ) -> Result<Option<(TokenResponse, Stored<Grant>)>, TokenError> {
        let grant = stored.value.given_again(self.now());
        let opened = FamilyKey::open(self.ports.sealer.as_ref(), grant.key.grant, &grant.family.sealed_key).await?;
        let Some(family_key) = opened else { return Ok(None) };
        let response = self.token_response(&grant, &family_key, issued.signed_in.upstream_expires_at).await?;
        match self.ports.grants.advance(&stored.version, grant).await? {
            Advanced::Done(stored) => Ok(Some((response, stored))),
            Advanced::Lost(Some(_)) => Ok(None),
            // It has ended: the next attempt makes it anew.
            Advanced::Lost(None) => Err(contended().into()),
        }
    }

    async fn refuse_replay(&self, key: GrantKey) -> Result<(), TokenError> {
        match self.ports.grants.get(&key).await? {
            Some(stored) => self.judge_replay(&stored).await,
            None => Ok(()),
        }
    }

    /// RFC 6749 §4.1.2: tokens issued for a code that is used twice are revoked.
    async fn judge_replay(&self, stored: &Stored<Grant>) -> Result<(), TokenError> {
        let replay = self.now() - stored.value.redeemed_at > DUPLICATE_WINDOW;
        if replay {
            tracing::warn!(audit = "code replay", grant = %stored.value.key.grant, "grant revoked");
        }
        // Of a revoked grant, this attempt may just have kept the upstream's tokens anew: they go again.
        if replay || stored.value.status == Status::Revoked {
            self.revoke(stored.value.key).await?;
        }
        Ok(())
    }
}

fn check(issued: &CodeIssued, client: Id, redemption: &Redemption<'_>) -> Result<(), TokenError> {
    if issued.request.client != client {
        return Err(TokenError::InvalidGrant("the code is another client's"));
    }
    if redemption.redirect_uri.is_some_and(|uri| uri != issued.request.redirect.as_str()) {
        return Err(TokenError::InvalidGrant("the redirect URI differs"));
    }
    let verifier = redemption.verifier.and_then(|verifier| CodeVerifier::parse(verifier.expose_secret()));
    if verifier.is_some_and(|verifier| issued.request.challenge.verify(&verifier)) {
        Ok(())
    } else {
        Err(TokenError::InvalidGrant("the verifier does not match"))
    }
}
