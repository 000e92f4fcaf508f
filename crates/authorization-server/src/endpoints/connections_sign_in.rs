//! The sign-in for `/connections`.

use oauth_protocol::{
    callback_response::{CallbackOutcome, CallbackResponse},
    secret::Secret,
};
use secrecy::ExposeSecret as _;

use super::{
    answer::{Answer, Next, Redirect},
    blocked_sign_in::SignInBlock,
    sign_in::SignInParameters,
    upstream_code::NotRedeemed,
};
use crate::{
    ground::{Created, EventName, Id, Sealed, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::Stage,
        cookies::{CookieChanges, CookieName, Cookies},
        derived::derived,
        owner_session::{ConnectionsState, OwnerSession},
        pending_consent::SignInPrompt,
    },
    upstream::UpstreamRefusal,
};

/// The path of the page.
pub(crate) const CONNECTIONS_PATH: &str = "/connections";

/// Why a sign-in does not complete.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    /// The `state` is not one of this page, is too old, or is of another browser.
    #[error("{}", self.reason().unwrap_or_default())]
    UnknownState,
    /// Entra signed nobody in.
    #[error("nobody was signed in: {0}")]
    NotSignedIn(String),
    /// The organisation blocks the sign-in.
    #[error("the organisation blocks the sign-in: {0:?}")]
    Blocked(SignInBlock),
    /// The store, the keyring or the upstream is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl SignInRefusal {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::UnknownState => Some("the sign-in is unknown, has expired, or began in another browser"),
            Self::NotSignedIn(_) => Some("nobody was signed in"),
            Self::Blocked(_) => Some("the organisation blocks the sign-in"),
            Self::Unavailable(_) => None,
        }
    }
}

impl From<NotRedeemed> for SignInRefusal {
    fn from(why: NotRedeemed) -> Self {
        if let Some(block) = why.block() {
            return Self::Blocked(block);
        }
        match why {
            NotRedeemed::Refused(UpstreamRefusal::Unavailable(unavailable)) => unavailable.into(),
            other => Self::NotSignedIn(other.to_string()),
        }
    }
}

/// A sign-in that does not complete, and what happens to the cookies.
#[derive(thiserror::Error)]
#[error("{refusal}")]
pub struct ConnectionsSignInError {
    /// Why.
    pub refusal: SignInRefusal,
    /// The transaction's cookie is deleted.
    pub cookies: CookieChanges,
}

impl std::fmt::Debug for ConnectionsSignInError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.refusal.fmt(f)
    }
}

impl From<SignInRefusal> for ConnectionsSignInError {
    fn from(refusal: SignInRefusal) -> Self {
        Self { refusal, cookies: CookieChanges::default() }
    }
}

/// A sign-in whose browser came back.
pub(crate) struct Begun {
    id: Id,
    browser: Secret,
}

/// The transaction's cookie is of no use any more.
fn refused(id: Id, refusal: SignInRefusal) -> ConnectionsSignInError {
    let mut error = ConnectionsSignInError::from(refusal);
    error.cookies.delete(CookieName::EntraState(id));
    error
}

impl AuthorizationServer {
    /// Sends the browser to Entra. Nothing is stored.
    pub(crate) async fn sign_in_to_connections(&self, sent: &Cookies) -> Result<Answer, Unavailable> {
        let (id, browser) = (self.random_id(), self.random_secret());
        let state = self.seal(&ConnectionsState::new(id, &browser, self.now()), ()).await?;
        let url = self.sign_in_url(state.as_str(), &browser, &SignInParameters::new(&[], SignInPrompt::SelectAccount));
        Ok(Answer::new(Next::Redirect(Redirect::SignIn(url))).setting(sent, CookieName::EntraState(id), &browser))
    }

    /// The sign-in behind a `state`, in the browser that began it. Nothing is changed.
    pub(crate) async fn begun_connections_sign_in(
        &self,
        response: &CallbackResponse,
        sent: &Cookies,
    ) -> Result<Begun, ConnectionsSignInError> {
        let state = Sealed::<ConnectionsState>::from_text(response.state.expose_secret());
        let state = self.open(&state, ()).await.map_err(SignInRefusal::from)?.ok_or(SignInRefusal::UnknownState)?;
        let browser = state.browser(sent.all(CookieName::EntraState(state.id)), self.now());
        let browser = browser.ok_or_else(|| refused(state.id, SignInRefusal::UnknownState))?;
        Ok(Begun { id: state.id, browser })
    }

    /// Completes the sign-in: the owner's session goes into a cookie. Creating the record spends the `state`, and only then
    /// Entra's code is redeemed. A callback that comes again leads to the page.
    pub(crate) async fn complete_connections_sign_in(
        &self,
        Begun { id, browser }: Begun,
        outcome: &CallbackOutcome,
        sent: &Cookies,
    ) -> Result<Answer, ConnectionsSignInError> {
        let mut answer = Answer::new(Next::Redirect(Redirect::Own(self.base().join(CONNECTIONS_PATH))));
        self.ready_for(outcome).await.map_err(SignInRefusal::from)?;
        let created = self.create_decided(id, None, Stage::ConnectionsSignIn).await.map_err(SignInRefusal::from)?;
        if matches!(created, Created::Exists(_)) {
            return Ok(answer);
        }
        let session = self.session_of(outcome, &browser).await.map_err(|refusal| refused(id, refusal))?;
        answer.cookies.set(sent, CookieName::Owner, session.as_str().into());
        Ok(answer.deleting(CookieName::EntraState(id)))
    }

    async fn session_of(
        &self,
        outcome: &CallbackOutcome,
        browser: &Secret,
    ) -> Result<Sealed<OwnerSession>, SignInRefusal> {
        let user = self.redeem_upstream(outcome, browser).await?;
        self.report(EventName::SignedIn.event().owner(user.subject.owner_key()));
        let csrf = derived(browser, b"connections").encode().expose_secret().to_owned();
        let session = OwnerSession::new(user.subject.owner_key(), user.name, csrf, self.now());
        Ok(self.seal(&session, ()).await?)
    }

    /// The owner who is signed in, by the cookie.
    pub async fn owner_session(&self, sent: &Cookies) -> Result<Option<OwnerSession>, Unavailable> {
        let session: Option<OwnerSession> = self.open_cookie(sent, CookieName::Owner).await?;
        Ok(session.filter(|session| session.is_current(self.now())))
    }
}
