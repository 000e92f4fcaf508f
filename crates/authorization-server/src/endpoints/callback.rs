//! `GET /oauth-callback`: Entra's answer, accepted once and only in the browser that consented.

use oauth_protocol::{
    authorization_response::{AuthorizationErrorCode, error_response},
    form::Form,
    secret::{Handle, Secret},
};
use secrecy::SecretString;

use crate::{
    endpoints::issue::Answer,
    ground::{Id, Stored, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Consent, Exchanging, Failed, OwnerName, PendingUpstream, SignedIn, Stage},
        derived::{upstream_nonce, upstream_verifier},
        memory::Memory,
        owner::Owner,
    },
    upstream::{SignedInUser, UpstreamRefusal},
};

/// What follows from the callback.
pub enum Completed {
    /// The redirect that ends the authorization, with or without a code.
    Redirect(Answer),
    /// The owner who signed in is asked first, on a page of this transaction.
    Confirm(Id),
}

/// Why the callback leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// No `state` of ours.
    #[error("the state is unknown or has expired")]
    UnknownState,
    /// Another browser than the one that consented: the authorization is burnt.
    #[error("the callback came from another browser")]
    OtherBrowser,
    /// The callback was repeated while the first one is being answered, or after its process died over it.
    #[error("the callback is being completed")]
    UnderWay,
    /// The callback was repeated while the owner is asked.
    #[error("the owner has not yet confirmed")]
    BeingAsked(Id),
    /// The callback was repeated.
    #[error("the authorization was completed before")]
    AlreadyCompleted,
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The transaction that a callback is about; its id names the cookie.
#[must_use]
pub fn transaction(query: &Form) -> Option<Id> {
    let state = query.single("state").ok().flatten()?;
    Id::parse(Handle::parse(state)?.locator())
}

impl AuthorizationServer {
    /// Completes the authorization.
    pub async fn complete(
        &self,
        query: &Form,
        cookie: Option<&str>,
        memory: Memory,
    ) -> Result<Completed, CallbackError> {
        let (stored, pending) = self.pending_upstream(query).await?;
        let Some(browser) = pending.binding.browser(cookie) else {
            self.burn(&stored).await?;
            return Err(CallbackError::OtherBrowser);
        };
        let exchanging = pending.claim();
        let claimed = self.step(&stored, Stage::Exchanging(exchanging.clone())).await?;
        let claimed = claimed.ok_or(CallbackError::AlreadyCompleted)?;
        match self.redeem_upstream(query, &browser).await {
            Ok(user) => self.signed_in(&claimed, exchanging, user, memory).await,
            Err(code) => self.failed(&claimed, exchanging, code).await,
        }
    }

    async fn pending_upstream(&self, query: &Form) -> Result<(Stored<Authorization>, PendingUpstream), CallbackError> {
        let state = query.single("state").ok().flatten().and_then(Handle::parse).ok_or(CallbackError::UnknownState)?;
        let id = Id::parse(state.locator()).ok_or(CallbackError::UnknownState)?;
        let stored = self.ports.authorizations.get(&id).await?.ok_or(CallbackError::UnknownState)?;
        if stored.value.expired(self.now()) {
            return Err(CallbackError::UnknownState);
        }
        match &stored.value.stage {
            Stage::PendingUpstream(pending) if pending.binding.state_hash.verifies(state.secret()) => {
                let pending = pending.clone();
                Ok((stored, pending))
            }
            stage if stage.is_past(state.secret()) => Err(repeated(id, stage)),
            _ => Err(CallbackError::UnknownState),
        }
    }

    async fn burn(&self, stored: &Stored<Authorization>) -> Result<(), Unavailable> {
        tracing::warn!(audit = "callback in another browser", authorization = %stored.value.id, "authorization ended");
        let failed = Failed { reason: "other browser".into(), state_hash: None };
        self.ports.authorizations.advance(&stored.version, stored.value.at(Stage::Failed(failed))).await.map(drop)
    }

    async fn redeem_upstream(&self, query: &Form, browser: &Secret) -> Result<SignedInUser, AuthorizationErrorCode> {
        if let Some(error) = query.first("error") {
            return Err(upstream_error(error));
        }
        let code = query.single("code").ok().flatten().ok_or(AuthorizationErrorCode::ServerError)?;
        let verifier = SecretString::from(upstream_verifier(browser).expose());
        let redeemed = self.ports.upstream.redeem(&SecretString::from(code), &verifier, &upstream_nonce(browser)).await;
        redeemed.map_err(|refusal| {
            let code = refusal_code(&refusal);
            tracing::error!(error = %refusal, answered = code.as_str(), "sign-in code not redeemed");
            code
        })
    }

    async fn failed(
        &self,
        claimed: &Stored<Authorization>,
        Exchanging { request, binding, .. }: Exchanging,
        code: AuthorizationErrorCode,
    ) -> Result<Completed, CallbackError> {
        let failed = Failed { reason: code.as_str().into(), state_hash: Some(binding.state_hash) };
        self.step(claimed, Stage::Failed(failed)).await?.ok_or(CallbackError::AlreadyCompleted)?;
        let description = "the sign-in did not complete";
        let location = error_response(request.redirect(), code, description, request.state(), self.base());
        Ok(Completed::Redirect(Answer { id: claimed.value.id, location, memory: None }))
    }

    /// Entra has said who the owner is: now it shows whether a remembered approval was theirs.
    async fn signed_in(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: Exchanging,
        user: SignedInUser,
        memory: Memory,
    ) -> Result<Completed, CallbackError> {
        let id = claimed.value.id;
        let sealed_tokens = self.seal(&user.tokens.secrets(None), id).await?;
        let signed_in = SignedIn { subject: user.subject, sealed_tokens, upstream_expires_at: user.tokens.expires_at };
        let owner = signed_in.subject.owner_key();
        if !self.consented(owner, &claimed.value, &exchanging).await? {
            let sealed_name = self.seal(&OwnerName(user.name), id).await?;
            let asked = Stage::PendingConfirmation(exchanging.ask(signed_in, sealed_name));
            self.step(claimed, asked).await?.ok_or(CallbackError::AlreadyCompleted)?;
            return Ok(Completed::Confirm(id));
        }
        let (code, fresh) = (self.random_secret(), exchanging.consent == Consent::Fresh);
        let issued = exchanging.issue(signed_in, &code, self.now());
        let answer = self.issue(claimed, issued, code, memory, fresh).await?;
        answer.map(Completed::Redirect).ok_or(CallbackError::AlreadyCompleted)
    }

    /// Whether the consent is this owner's, and was not taken back meanwhile.
    async fn consented(
        &self,
        owner: Id,
        authorization: &Authorization,
        Exchanging { request, consent, .. }: &Exchanging,
    ) -> Result<bool, Unavailable> {
        let document = self.owner(owner).await?;
        Ok(match *consent {
            Consent::Fresh => {
                !document.is_some_and(|document| document.withdrawn(request.client(), authorization.decided_at))
            }
            Consent::Remembered { owner: remembered, approval } => {
                let stands = |document: Owner| document.approval(approval, request, self.now()).is_some();
                remembered == owner && document.is_some_and(stands)
            }
            Consent::Pending => false,
        })
    }
}

/// What a repeated callback comes back to.
fn repeated(id: Id, stage: &Stage) -> CallbackError {
    match stage {
        Stage::Exchanging(_) => CallbackError::UnderWay,
        Stage::PendingConfirmation(_) => CallbackError::BeingAsked(id),
        Stage::PendingUpstream(_) | Stage::CodeIssued(_) | Stage::Denied | Stage::Failed(_) => {
            CallbackError::AlreadyCompleted
        }
    }
}

/// Entra's own error at its authorization endpoint; its description is never passed on.
fn upstream_error(error: &str) -> AuthorizationErrorCode {
    tracing::info!(upstream_error = error.chars().take(64).collect::<String>(), "sign-in ended with an error");
    match error {
        "access_denied" | "consent_required" | "interaction_required" | "login_required" => {
            AuthorizationErrorCode::AccessDenied
        }
        "temporarily_unavailable" => AuthorizationErrorCode::TemporarilyUnavailable,
        _ => AuthorizationErrorCode::ServerError,
    }
}

fn refusal_code(refusal: &UpstreamRefusal) -> AuthorizationErrorCode {
    match refusal {
        UpstreamRefusal::InteractionRequired { .. } => AuthorizationErrorCode::AccessDenied,
        UpstreamRefusal::InvalidGrant { .. } | UpstreamRefusal::Refused { .. } => AuthorizationErrorCode::ServerError,
        UpstreamRefusal::Unavailable(_) => AuthorizationErrorCode::TemporarilyUnavailable,
    }
}
