//! The sign-in for a page of our own: `/connections` or `/operator`.

use oauth_protocol::{
    callback_response::{CallbackOutcome, CallbackResponse},
    secret::Secret,
};
use secrecy::ExposeSecret as _;

pub use super::own_page_sign_in_error::{OwnPageSignInError, SignInRefusal};
use super::{
    answer::{Answer, Next, Redirect},
    sign_in::SignInParameters,
    upstream_code::NotRedeemed,
};
use crate::{
    ground::{Created, EventName, Id, Sealed, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::Stage,
        cookies::{CookieName, Cookies},
        derived::derived,
        operator_session::OperatorSession,
        owner_session::{OwnPage, OwnPageState, OwnerSession},
        pending_consent::SignInPrompt,
        roles::ADMIN,
    },
    upstream::SignedInUser,
};

/// A sign-in whose browser came back.
pub(crate) struct Begun {
    id: Id,
    page: OwnPage,
    browser: Secret,
    is_spent: bool,
}

/// The transaction's cookie is of no use any more, unless the person is told to try again: it leads to the page then.
fn refused(id: Id, page: OwnPage, refusal: SignInRefusal) -> OwnPageSignInError {
    let may_come_again = matches!(refusal, SignInRefusal::Unavailable(_));
    let mut error = OwnPageSignInError { page, ..refusal.into() };
    if !may_come_again {
        error.cookies.delete(CookieName::EntraState(id));
    }
    error
}

impl AuthorizationServer {
    /// Sends the browser to Entra. Nothing is stored.
    pub(crate) async fn sign_in_to(&self, page: OwnPage, sent: &Cookies) -> Result<Answer, Unavailable> {
        let (id, browser) = (self.random_id(), self.random_secret());
        let state = self.seal(&OwnPageState::new(id, page, &browser, self.now()), ()).await?;
        let url = self.sign_in_url(state.as_str(), &browser, &SignInParameters::new(&[], SignInPrompt::SelectAccount));
        Ok(Answer::new(Next::Redirect(Redirect::SignIn(url))).setting(sent, CookieName::EntraState(id), &browser))
    }

    /// The sign-in behind a `state`.
    pub(crate) async fn own_page_state(&self, response: &CallbackResponse) -> Result<OwnPageState, OwnPageSignInError> {
        let state = Sealed::from_text(response.state.expose_secret());
        Ok(self.open(&state, ()).await.map_err(SignInRefusal::from)?.ok_or(SignInRefusal::UnknownState)?)
    }

    /// The sign-in, in the browser that began it. Nothing is changed. The cookies are blamed only if they are the cause.
    pub(crate) async fn begun_own_page_sign_in(
        &self,
        state: &OwnPageState,
        sent: &Cookies,
    ) -> Result<Begun, OwnPageSignInError> {
        let (id, page, cookie, now) = (state.id, state.page, CookieName::EntraState(state.id), self.now());
        let is_spent = self.ports.authorizations.get(&id).await.map_err(SignInRefusal::from)?.is_some();
        if let Some(browser) = state.browser(sent.all(cookie), now) {
            return Ok(Begun { id, page, browser, is_spent });
        }
        let is_missing = !sent.has(cookie) && !sent.has_displaced(cookie) && !is_spent && !state.expired(now);
        let refusal = if is_missing { SignInRefusal::CookieMissing } else { SignInRefusal::UnknownState };
        Err(refused(id, page, refusal))
    }

    /// The answer to a callback that comes again: it leads to the page.
    pub(crate) fn completed_own_page_sign_in(&self, begun: &Begun) -> Option<Answer> {
        begun.is_spent.then(|| self.to_own_page(begun.page))
    }

    fn to_own_page(&self, page: OwnPage) -> Answer {
        Answer::new(Next::Redirect(Redirect::Own(self.base().join(page.path()))))
    }

    /// Completes the sign-in: the session goes into the cookie of its page. Creating the record spends the `state`, and only then
    /// Entra's code is redeemed. Of callbacks at once, one does.
    pub(crate) async fn complete_own_page_sign_in(
        &self,
        Begun { id, page, browser, .. }: Begun,
        outcome: &CallbackOutcome,
        sent: &Cookies,
    ) -> Result<Answer, OwnPageSignInError> {
        let mut answer = self.to_own_page(page);
        self.ready_for(outcome).await.map_err(SignInRefusal::from)?;
        let created = self.create_decided(id, None, Stage::OwnPageSignIn).await.map_err(SignInRefusal::from)?;
        if matches!(created, Created::Exists(_)) {
            return Ok(answer);
        }
        let user = self.redeem_upstream(outcome, &browser).await.map_err(SignInRefusal::from);
        let user = user.map_err(|refusal| refused(id, page, refusal))?;
        let session = match page {
            OwnPage::Connections => self.owner_cookie(user, &browser).await,
            OwnPage::Operator => self.operator_cookie(user, &browser).await,
        };
        let (name, value) = session.map_err(|refusal| refused(id, page, refusal))?;
        answer.cookies.set(sent, name, value.into());
        Ok(answer.deleting(CookieName::EntraState(id)))
    }

    async fn owner_cookie(&self, user: SignedInUser, browser: &Secret) -> Result<(CookieName, String), SignInRefusal> {
        self.report(EventName::SignedIn.event().owner(user.subject.owner_key()));
        let csrf = derived(browser, b"connections").encode().expose_secret().to_owned();
        let session = OwnerSession::new(user.subject.owner_key(), user.name, csrf, self.now());
        Ok((CookieName::Owner, self.seal(&session, ()).await?.into_text()))
    }

    /// The role is read from the access token of this very sign-in.
    async fn operator_cookie(
        &self,
        user: SignedInUser,
        browser: &Secret,
    ) -> Result<(CookieName, String), SignInRefusal> {
        let owner = user.subject.owner_key();
        let roles = self.ports.upstream.roles(&user.tokens.access_token, owner).await.map_err(NotRedeemed::Refused)?;
        if !roles.has(&ADMIN) {
            return Err(SignInRefusal::NotAnOperator);
        }
        self.report(EventName::SignedIn.event().operator(owner));
        let csrf = derived(browser, b"operator").encode().expose_secret().to_owned();
        let session = OperatorSession::new(user.subject, user.name, csrf, self.now(), roles.end());
        Ok((CookieName::Operator, self.seal(&session, ()).await?.into_text()))
    }

    /// The owner who is signed in, by the cookie.
    pub async fn owner_session(&self, sent: &Cookies) -> Result<Option<OwnerSession>, Unavailable> {
        let session: Option<OwnerSession> = self.open_cookie(sent, CookieName::Owner).await?;
        Ok(session.filter(|session| session.is_current(self.now())))
    }

    /// The operator who is signed in, by the cookie.
    pub async fn operator_session(&self, sent: &Cookies) -> Result<Option<OperatorSession>, Unavailable> {
        let session: Option<OperatorSession> = self.open_cookie(sent, CookieName::Operator).await?;
        Ok(session.filter(|session| session.is_current(self.now())))
    }
}
