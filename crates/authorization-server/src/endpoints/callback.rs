//! `GET /oauth-callback`: Entra's answer, accepted once and only in the browser that consented.

use oauth_protocol::{
    authorization_response::{AuthorizationErrorCode, error_response},
    callback_response::{CallbackOutcome, CallbackResponse},
    secret::{Handle, Secret},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    answer::{Answer, Next, Redirect},
    connections_sign_in::ConnectionsSignInError,
    issue::{Remember, back_to_client},
};
use crate::{
    ground::{EventName, Id, Sealed, Stored, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Consent, Exchanging, Failed, PendingUpstream, Stage},
        cookies::{CookieName, Cookies},
        derived::{upstream_nonce, upstream_verifier},
        owner::Owner,
        signed_in::{OwnerName, SignedIn},
    },
    upstream::{SignedInUser, UpstreamRefusal},
};

/// Why a callback is refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
pub enum CallbackError {
    /// The `state` is not ours.
    UnknownState,
    /// It came from another browser than the one that consented, so the authorization was ended.
    OtherBrowser,
    /// It was repeated while the first callback is being answered, or after its process died over it.
    UnderWay,
    /// It was repeated after the client was answered.
    AlreadyCompleted,
    /// It belongs to a sign-in for the page of connections.
    #[error(transparent)]
    Connections(#[from] ConnectionsSignInError),
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CallbackError {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::UnknownState => Some("the state is unknown or has expired"),
            Self::OtherBrowser => Some("the callback came from another browser"),
            Self::UnderWay => Some("the callback is being completed"),
            Self::AlreadyCompleted => Some("the authorization was completed before"),
            Self::Connections(error) => error.refusal.reason(),
            Self::Unavailable(_) => None,
        }
    }
}

/// An authorization that waits for its callback.
struct Awaited {
    stored: Stored<Authorization>,
    pending: PendingUpstream,
}

impl AuthorizationServer {
    /// Completes a sign-in: of an authorization, or for the page of connections. Their `state` differs in form, so a callback
    /// of one kind never serves the other.
    pub async fn callback(&self, response: &CallbackResponse, sent: &Cookies) -> Result<Answer, CallbackError> {
        let state = Handle::parse(response.state.expose_secret());
        match state.and_then(|state| Some((Id::parse(state.locator())?, state))) {
            Some((id, state)) => self.complete(id, &state, &response.outcome, sent).await,
            None => Ok(self.complete_connections_sign_in(response, sent).await?),
        }
    }

    async fn complete(
        &self,
        id: Id,
        state: &Handle,
        outcome: &CallbackOutcome,
        sent: &Cookies,
    ) -> Result<Answer, CallbackError> {
        let stored = self.ports.authorizations.get(&id).await?.ok_or(CallbackError::UnknownState)?;
        if stored.value.expired(self.now()) {
            return Err(CallbackError::UnknownState);
        }
        match &stored.value.stage {
            Stage::PendingUpstream(pending) if pending.binding.state_hash.verifies(state.secret()) => {
                let pending = pending.clone();
                self.claim(Awaited { stored, pending }, outcome, sent).await
            }
            stage if stage.is_past(state.secret()) => self.repeated(id, stage),
            _ => Err(CallbackError::UnknownState),
        }
    }

    /// What a repeated callback leads to.
    fn repeated(&self, id: Id, stage: &Stage) -> Result<Answer, CallbackError> {
        match stage {
            Stage::PendingConfirmation(_) => Ok(self.to_confirmation(id)),
            Stage::Exchanging(_) => Err(CallbackError::UnderWay),
            Stage::PendingUpstream(_) | Stage::CodeIssued(_) | Stage::Denied | Stage::Failed(_) => {
                Err(CallbackError::AlreadyCompleted)
            }
        }
    }

    fn to_confirmation(&self, id: Id) -> Answer {
        Answer::new(Next::Redirect(Redirect::Own(self.base().join(&format!("/consent?id={id}")))))
    }

    /// Claims the authorization for this callback, and only then redeems Entra's code.
    async fn claim(
        &self,
        Awaited { stored, pending }: Awaited,
        outcome: &CallbackOutcome,
        sent: &Cookies,
    ) -> Result<Answer, CallbackError> {
        let Some(browser) = pending.binding.browser(sent.get(CookieName::EntraState(stored.value.id))) else {
            self.end_of_another_browser(&stored, pending.request.client()).await?;
            return Err(CallbackError::OtherBrowser);
        };
        // A keyring that is down is noticed while nothing is decided.
        self.check_keyring().await?;
        let exchanging = pending.claim();
        let claimed = self.step(&stored, Stage::Exchanging(exchanging.clone())).await?;
        let claimed = claimed.ok_or(CallbackError::AlreadyCompleted)?;
        let user = match self.redeem_upstream(outcome, &browser).await {
            Ok(user) => user,
            Err(code) => return self.failed(&claimed, exchanging, code).await,
        };
        let signed_in = EventName::SignedIn.event().owner(user.subject.owner_key());
        self.report(signed_in.authorization(claimed.value.id).client(exchanging.request.client()));
        match self.sealed_sign_in(claimed.value.id, user).await {
            Ok(sealed) => self.signed_in(&claimed, exchanging, sealed, sent).await,
            Err(error) => {
                tracing::error!(%error, "could not seal the tokens of a sign-in: the client is told");
                self.failed(&claimed, exchanging, AuthorizationErrorCode::TemporarilyUnavailable).await
            }
        }
    }

    async fn end_of_another_browser(&self, stored: &Stored<Authorization>, client: Id) -> Result<(), Unavailable> {
        let failed = Failed { reason: "other browser".into(), state_hash: None };
        if self.step(stored, Stage::Failed(failed)).await?.is_some() {
            self.report(EventName::CallbackInOtherBrowser.event().authorization(stored.value.id).client(client));
        }
        Ok(())
    }

    async fn redeem_upstream(
        &self,
        outcome: &CallbackOutcome,
        browser: &Secret,
    ) -> Result<SignedInUser, AuthorizationErrorCode> {
        let code = match outcome {
            CallbackOutcome::Code(code) => code,
            CallbackOutcome::Error(error) => return Err(upstream_error(error.as_str())),
            CallbackOutcome::Malformed => return Err(AuthorizationErrorCode::ServerError),
        };
        let verifier = SecretString::from(upstream_verifier(browser).expose());
        let redeemed = self.ports.upstream.redeem(code, &verifier, &upstream_nonce(browser)).await;
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
    ) -> Result<Answer, CallbackError> {
        let failed = Failed { reason: code.as_str().into(), state_hash: Some(binding.state_hash) };
        self.step(claimed, Stage::Failed(failed)).await?.ok_or(CallbackError::AlreadyCompleted)?;
        let event = EventName::SignInFailed.event().authorization(claimed.value.id).client(request.client());
        self.report(event.because(code.as_str()));
        let description = "the sign-in did not complete";
        let url = error_response(request.redirect(), code, description, request.state(), self.base());
        Ok(back_to_client(claimed.value.id, url))
    }

    async fn sealed_sign_in(&self, id: Id, user: SignedInUser) -> Result<SealedSignIn, Unavailable> {
        let sealed_tokens = self.seal(&user.tokens.secrets(None), id).await?;
        let sealed_name = self.seal(&OwnerName(user.name), id).await?;
        let signed_in = SignedIn { subject: user.subject, sealed_tokens, upstream_expires_at: user.tokens.expires_at };
        Ok(SealedSignIn { signed_in, sealed_name })
    }

    /// The owner is known, and with it whether the consent is theirs.
    async fn signed_in(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: Exchanging,
        SealedSignIn { signed_in, sealed_name }: SealedSignIn,
        sent: &Cookies,
    ) -> Result<Answer, CallbackError> {
        let owner = signed_in.subject.owner_key();
        if !self.consented(owner, &claimed.value, &exchanging).await? {
            let asked = Stage::PendingConfirmation(exchanging.ask(signed_in, sealed_name));
            self.step(claimed, asked).await?.ok_or(CallbackError::AlreadyCompleted)?;
            return Ok(self.to_confirmation(claimed.value.id));
        }
        let remember = if exchanging.consent == Consent::Fresh { Remember::Yes } else { Remember::No };
        let code = self.random_secret();
        let issued = exchanging.issue(signed_in, &code, self.now());
        self.issue(claimed, issued, code, remember, sent).await?.ok_or(CallbackError::AlreadyCompleted)
    }

    /// Whether the consent is this owner's, and was not withdrawn since.
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

/// An owner who signed in, sealed for the authorization.
struct SealedSignIn {
    signed_in: SignedIn,
    sealed_name: Sealed<OwnerName>,
}

/// What the client is told of Entra's own error. Its description is never passed on.
fn upstream_error(error: &str) -> AuthorizationErrorCode {
    tracing::info!(upstream_error = error, "sign-in ended with an error");
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
