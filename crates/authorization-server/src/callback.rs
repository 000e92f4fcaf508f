//! `GET /oauth-callback`: Entra's answer, accepted once and only in the browser that consented.

use oauth_protocol::{
    authorization_response::{AuthorizationErrorCode, code_response, error_response},
    form::Form,
    secret::{Handle, Secret},
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    authorization::{Authorization, CodeIssued, Exchanging, PendingUpstream, Stage, ValidRequest},
    consent::{upstream_nonce, upstream_verifier},
    grant::UpstreamTokens,
    id::{Id, Subject},
    ports::{Advanced, Stored, Unavailable, UpstreamAnswer, UpstreamRefusal},
    server::AuthorizationServer,
};

/// The redirect that ends the authorization, with or without a code.
pub struct Completed {
    /// Transaction id: its cookie goes.
    pub id: Id,
    /// The client's redirect URI with the answer.
    pub location: String,
}

/// Why the callback redirects nowhere.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// No `state` of ours.
    #[error("the state is unknown or has expired")]
    UnknownState,
    /// Another browser than the one that consented: the authorization is burnt.
    #[error("the callback came from another browser")]
    OtherBrowser,
    /// The callback was repeated.
    #[error("already completed")]
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
    pub async fn complete(&self, query: &Form, cookie: Option<&str>) -> Result<Completed, CallbackError> {
        let (stored, pending) = self.pending_upstream(query).await?;
        let browser = cookie.and_then(Secret::parse).filter(|secret| pending.browser_hash.verifies(secret));
        let Some(browser) = browser else {
            self.burn(&stored).await?;
            return Err(CallbackError::OtherBrowser);
        };
        let exchanging = pending.claim();
        let claimed = self.step(&stored, Stage::Exchanging(exchanging.clone())).await?;
        let answer = self.redeem_upstream(query, &browser).await;
        let (stage, location) = self.outcome(stored.value.id, exchanging, answer).await?;
        self.step(&claimed, stage).await?;
        Ok(Completed { id: stored.value.id, location })
    }

    async fn pending_upstream(&self, query: &Form) -> Result<(Stored<Authorization>, PendingUpstream), CallbackError> {
        let state = query.single("state").ok().flatten().and_then(Handle::parse).ok_or(CallbackError::UnknownState)?;
        let id = Id::parse(state.locator()).ok_or(CallbackError::UnknownState)?;
        let stored = self.authorizations.get(&id).await?.ok_or(CallbackError::UnknownState)?;
        if stored.value.expired(self.now()) {
            return Err(CallbackError::UnknownState);
        }
        let known = |hash: &oauth_protocol::secret::SecretHash| hash.verifies(state.secret());
        let pending = match &stored.value.stage {
            Stage::PendingUpstream(pending) if known(&pending.state_hash) => pending.clone(),
            Stage::Exchanging(Exchanging { state_hash, .. }) | Stage::CodeIssued(CodeIssued { state_hash, .. })
                if known(state_hash) =>
            {
                return Err(CallbackError::AlreadyCompleted);
            }
            Stage::PendingUpstream(_)
            | Stage::Exchanging(_)
            | Stage::CodeIssued(_)
            | Stage::Denied
            | Stage::Failed(_) => return Err(CallbackError::UnknownState),
        };
        Ok((stored, pending))
    }

    async fn burn(&self, stored: &Stored<Authorization>) -> Result<(), Unavailable> {
        tracing::warn!(audit = "callback in another browser", authorization = %stored.value.id, "authorization burnt");
        let failed = stored.value.at(Stage::Failed("other browser".into()));
        self.authorizations.advance(&stored.version, failed).await.map(drop)
    }

    async fn step(&self, from: &Stored<Authorization>, stage: Stage) -> Result<Stored<Authorization>, CallbackError> {
        match self.authorizations.advance(&from.version, from.value.at(stage)).await? {
            Advanced::Done(stored) => Ok(stored),
            Advanced::Lost(_) => Err(CallbackError::AlreadyCompleted),
        }
    }

    async fn redeem_upstream(
        &self,
        query: &Form,
        browser: &Secret,
    ) -> Result<(Subject, UpstreamAnswer), AuthorizationErrorCode> {
        if let Some(error) = query.first("error") {
            return Err(upstream_error(error));
        }
        let code = query.single("code").ok().flatten().ok_or(AuthorizationErrorCode::ServerError)?;
        let verifier = SecretString::from(upstream_verifier(browser).expose());
        let redeemed = self.upstream.redeem(&SecretString::from(code), &verifier, &upstream_nonce(browser)).await;
        redeemed.map_err(|refusal| {
            let code = refusal_code(&refusal);
            tracing::error!(error = %refusal, answered = code.as_str(), "sign-in code not redeemed");
            code
        })
    }

    async fn outcome(
        &self,
        id: Id,
        exchanging: Exchanging,
        answer: Result<(Subject, UpstreamAnswer), AuthorizationErrorCode>,
    ) -> Result<(Stage, String), Unavailable> {
        match answer {
            Ok((subject, answer)) => self.issue_code(id, exchanging, subject, answer).await,
            Err(code) => {
                let location = self.error_location(&exchanging.request, code);
                Ok((Stage::Failed(code.as_str().into()), location))
            }
        }
    }

    async fn issue_code(
        &self,
        id: Id,
        exchanging: Exchanging,
        subject: Subject,
        answer: UpstreamAnswer,
    ) -> Result<(Stage, String), Unavailable> {
        let upstream_expires_at = answer.expires_at;
        let sealed_tokens = UpstreamTokens::seal(self.sealer.as_ref(), id, &answer, None).await?;
        let secret = self.random_secret();
        let request = exchanging.request;
        let issued = CodeIssued {
            request: request.clone(),
            state_hash: exchanging.state_hash,
            code_hash: secret.sha256(),
            subject,
            issued_at: self.now(),
            sealed_tokens,
            upstream_expires_at,
        };
        let code = Handle::new(id.to_string(), secret).encode();
        let location = code_response(&request.redirect, code.expose_secret(), request.state.as_deref(), &self.base);
        Ok((Stage::CodeIssued(issued), location))
    }

    fn error_location(&self, request: &ValidRequest, code: AuthorizationErrorCode) -> String {
        let description = "the sign-in did not complete";
        error_response(&request.redirect, code, description, request.state.as_deref(), &self.base)
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
