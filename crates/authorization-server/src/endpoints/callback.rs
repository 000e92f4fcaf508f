//! `GET /oauth-callback`: Entra's answer, accepted once and only in the browser that consented.

use oauth_protocol::{
    callback_response::{CallbackOutcome, CallbackResponse},
    secret::{Handle, Secret},
};
use secrecy::ExposeSecret as _;
use time::OffsetDateTime;

use super::{
    answer::{Answer, Next, Redirect},
    issue::Remember,
};
pub use super::{callback_cost::CallbackCost, callback_error::CallbackError};
use crate::{
    ground::{EventName, Id, Sealed, Stored, TooMany, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Consent, Exchanging, Failed, PendingUpstream, Stage},
        blocks::Verdict,
        cookies::{CookieName, Cookies},
        owner::Owner,
        signed_in::{OwnerName, SignedIn},
    },
    upstream::SignedInUser,
};

/// Entra's answer, as a browser brings it.
pub struct Callback<'a> {
    /// The query.
    pub response: &'a CallbackResponse,
    /// The browser's cookies.
    pub cookies: &'a Cookies,
    /// Called before each cost, with that cost. An error refuses the callback.
    pub count: &'a (dyn Fn(CallbackCost) -> Result<(), TooMany> + Send + Sync),
}

impl Callback<'_> {
    fn count_cost(&self, cost: CallbackCost) -> Result<(), CallbackError> {
        (self.count)(cost).map_err(|too_many| CallbackError::OverLimit(cost, too_many))
    }

    /// Counts the read of the authorization.
    fn count_read(&self, id: Id) -> Result<(), CallbackError> {
        let has_cookie = self.cookies.has(CookieName::EntraState(id));
        self.count_cost(if has_cookie { CallbackCost::Read } else { CallbackCost::ReadWithoutCookie })
    }

    /// Counts the request to Entra. Only a code is redeemed there.
    fn count_redemption(&self) -> Result<(), CallbackError> {
        if !matches!(self.response.outcome, CallbackOutcome::Code(_)) {
            return Ok(());
        }
        self.count_cost(CallbackCost::Redemption)?;
        self.count_cost(CallbackCost::AnyRedemption)
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
    pub async fn callback(&self, callback: &Callback<'_>) -> Result<Answer, CallbackError> {
        let state = Handle::parse(callback.response.state.expose_secret());
        if let Some((id, state)) = state.and_then(|state| Some((Id::parse(state.locator())?, state))) {
            callback.count_read(id)?;
            return self.complete(id, &state, callback).await;
        }
        let state = self.own_page_state(callback.response).await?;
        callback.count_read(state.id)?;
        let begun = self.begun_own_page_sign_in(&state, callback.cookies).await?;
        if let Some(answer) = self.completed_own_page_sign_in(&begun) {
            return Ok(answer);
        }
        callback.count_redemption()?;
        Ok(self.complete_own_page_sign_in(begun, &callback.response.outcome, callback.cookies).await?)
    }

    async fn complete(&self, id: Id, state: &Handle, callback: &Callback<'_>) -> Result<Answer, CallbackError> {
        let stored = self.ports.authorizations.get(&id).await?.ok_or(CallbackError::UnknownState)?;
        if stored.value.expired(self.now()) {
            return Err(CallbackError::UnknownState);
        }
        match &stored.value.stage {
            Stage::PendingUpstream(pending) if pending.binding.state_hash.verifies(state.secret()) => {
                let pending = pending.clone();
                self.claim(Awaited { stored, pending }, callback).await
            }
            stage if stage.is_past(state.secret()) => self.repeated(id, stage),
            _ => Err(CallbackError::UnknownState),
        }
    }

    /// The answer to a repeated callback.
    fn repeated(&self, id: Id, stage: &Stage) -> Result<Answer, CallbackError> {
        match stage {
            Stage::PendingConfirmation(_) => Ok(self.to_confirmation(id)),
            Stage::Exchanging(_) => Err(CallbackError::UnderWay),
            Stage::PendingUpstream(_)
            | Stage::CodeIssued(_)
            | Stage::Denied
            | Stage::Refused(_)
            | Stage::Failed(_)
            | Stage::OwnPageSignIn => Err(CallbackError::AlreadyCompleted),
        }
    }

    fn to_confirmation(&self, id: Id) -> Answer {
        Answer::new(Next::Redirect(Redirect::Own(self.base().join(&format!("/consent?id={id}")))))
    }

    /// Claims the authorization for this callback, which spends the `state`, and only then redeems Entra's code.
    async fn claim(
        &self,
        Awaited { stored, pending }: Awaited,
        callback: &Callback<'_>,
    ) -> Result<Answer, CallbackError> {
        let cookies = callback.cookies.all(CookieName::EntraState(stored.value.id));
        let Some(browser) = pending.binding.browser(cookies) else {
            return Err(self.without_cookie(&stored, pending.request.client(), callback.cookies).await?);
        };
        if self.is_blocked_at_callback(pending.request.client(), stored.value.decided_at).await? {
            return Err(CallbackError::ClientBlocked);
        }
        self.ready_for(&callback.response.outcome).await?;
        callback.count_redemption()?;
        let exchanging = pending.claim();
        let claimed = self.step(&stored, Stage::Exchanging(exchanging.clone())).await?;
        let claimed = claimed.ok_or(CallbackError::AlreadyCompleted)?;
        match self.claimed(&claimed, exchanging.clone(), &browser, callback).await {
            Err(CallbackError::Unavailable(error)) => self.interrupted(&claimed, exchanging, error).await,
            answer => answer,
        }
    }

    /// From here on the browser cannot come again: Entra's code works once.
    async fn claimed(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: Exchanging,
        browser: &Secret,
        callback: &Callback<'_>,
    ) -> Result<Answer, CallbackError> {
        let user = match self.redeem_upstream(&callback.response.outcome, browser).await {
            Ok(user) => user,
            Err(why) => return self.not_signed_in(claimed, exchanging, &why).await,
        };
        if let Some(answer) = self.step_up(claimed, &exchanging, &user, callback.cookies).await? {
            return Ok(answer);
        }
        let signed_in = EventName::SignedIn.event().owner(user.subject.owner_key());
        self.report(signed_in.authorization(claimed.value.id).client(exchanging.request.client()));
        let sealed = self.sealed_sign_in(claimed.value.id, user).await?;
        self.signed_in(claimed, exchanging, sealed, callback.cookies).await
    }

    /// A client whose record is gone is unknown rather than blocked. It learns so when it redeems the code.
    async fn is_blocked_at_callback(&self, client: Id, decided_at: OffsetDateTime) -> Result<bool, Unavailable> {
        let verdict = self.operator_verdict(client, decided_at).await?;
        Ok(verdict == Verdict::Blocked && self.client(client).await?.is_some())
    }

    /// Another browser ends the authorization. In the same browser, newer sign-ins may have displaced the cookie.
    async fn without_cookie(
        &self,
        stored: &Stored<Authorization>,
        client: Id,
        sent: &Cookies,
    ) -> Result<CallbackError, Unavailable> {
        if sent.has_displaced(CookieName::EntraState(stored.value.id)) {
            return Ok(CallbackError::UnknownState);
        }
        let failed = Failed { reason: "other browser".into(), states: Vec::new() };
        if self.step(stored, Stage::Failed(failed)).await?.is_some() {
            self.report(EventName::CallbackInOtherBrowser.event().authorization(stored.value.id).client(client));
        }
        Ok(CallbackError::OtherBrowser)
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
            return Ok(self.to_confirmation(claimed.value.id).after_forms(claimed.value.id));
        }
        let remember = if exchanging.consent == Consent::Fresh { Remember::Yes } else { Remember::No };
        let code = self.random_secret();
        let issued = exchanging.issue(signed_in, &code, self.now());
        let answer = self.issue(claimed, issued, code, remember, sent).await?.ok_or(CallbackError::AlreadyCompleted)?;
        Ok(answer.completing(claimed.value.id))
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
