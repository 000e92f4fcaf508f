//! The way to Entra: the decided authorization is created, and the browser gets the secret that binds the callback to it.

use oauth_protocol::secret::{Handle, Secret};
use secrecy::ExposeSecret as _;

use super::answer::{Answer, Next, Redirect};
use crate::{
    ground::{Created, EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        api::ApiScopes,
        authorization::{Authorization, Binding, Consent, PendingUpstream, Stage},
        cookies::{CookieName, Cookies},
        decision::Decision,
        derived::{upstream_nonce, upstream_verifier},
        pending_consent::SignInPrompt,
        scopes,
        sign_in_secrets::SignInSecrets,
        valid_request::ValidRequest,
    },
    upstream::{Demanded, SignInRequest},
};

/// An authorization that is to be created, and where its browser goes.
pub(crate) struct ToSignIn {
    /// Transaction id.
    pub(crate) id: Id,
    /// The request that was allowed.
    pub(crate) request: ValidRequest,
    /// The source of the consent.
    pub(crate) consent: Consent,
    /// The button; `None` if a remembered approval decided.
    pub(crate) decision: Option<Decision>,
    /// The `prompt` that is sent to Entra.
    pub(crate) prompt: SignInPrompt,
}

/// The parameters of a sign-in at Entra.
pub(crate) struct SignInParameters<'a> {
    /// The scopes of each API.
    pub(crate) downstream_scopes: &'a [ApiScopes],
    /// The `prompt`.
    pub(crate) prompt: SignInPrompt,
    /// The demand of Entra, at the second leg.
    pub(crate) demanded: Option<Demanded<'a>>,
}

impl<'a> SignInParameters<'a> {
    /// A first leg.
    pub(crate) fn new(downstream_scopes: &'a [ApiScopes], prompt: SignInPrompt) -> Self {
        Self { downstream_scopes, prompt, demanded: None }
    }
}

/// Whether a transaction was decided.
pub(crate) enum Decided {
    /// By this call.
    Now(Box<Answer>),
    /// Before; this is the authorization as it stands.
    Before(Box<Authorization>),
}

impl AuthorizationServer {
    /// The secrets of a new sign-in; `before` is the browser's secret of the one that it replaces.
    pub(crate) fn sign_in_secrets(&self, before: Option<Secret>) -> SignInSecrets {
        SignInSecrets { state: self.random_secret(), browser: self.random_secret(), before }
    }

    /// Creates the authorization and sends the browser to Entra, unless the transaction was decided before. The secrets are
    /// sealed before the authorization is written.
    pub(crate) async fn to_sign_in(
        &self,
        ToSignIn { id, request, consent, decision, prompt }: ToSignIn,
        sent: &Cookies,
    ) -> Result<Decided, Unavailable> {
        let (secrets, scopes) = (self.sign_in_secrets(None), scopes::downstream(request.scope()));
        let binding = Binding::new(&secrets.state, &secrets.browser);
        let sealed_secrets = Some(self.seal(&secrets, id).await?);
        let allowed = EventName::ConsentAllowed.event().authorization(id).client(request.client());
        let stage =
            Stage::PendingUpstream(PendingUpstream { request, consent, binding, sealed_secrets, step_up: None });
        match self.create_decided(id, decision, stage).await? {
            Created::Done(_) => {
                self.report(allowed.because(source(consent)));
                Ok(Decided::Now(Box::new(self.sign_in(id, &secrets, &SignInParameters::new(&scopes, prompt), sent))))
            }
            Created::Exists(before) => Ok(Decided::Before(Box::new(before.value))),
        }
    }

    /// The redirect to Entra, with the cookie that binds the callback to this browser.
    pub(crate) fn sign_in(
        &self,
        id: Id,
        secrets: &SignInSecrets,
        parameters: &SignInParameters<'_>,
        sent: &Cookies,
    ) -> Answer {
        let state = Handle::new(id.to_string(), Secret::from_bytes(*secrets.state.as_bytes())).encode();
        let url = self.sign_in_url(state.expose_secret(), &secrets.browser, parameters);
        Answer::new(Next::Redirect(Redirect::SignIn(url))).setting(sent, CookieName::EntraState(id), &secrets.browser)
    }

    /// Entra's authorization endpoint, with our request.
    pub(crate) fn sign_in_url(&self, state: &str, browser: &Secret, parameters: &SignInParameters<'_>) -> String {
        let SignInParameters { downstream_scopes, prompt, demanded } = *parameters;
        self.ports.upstream.sign_in_url(&SignInRequest {
            state,
            code_challenge: upstream_verifier(browser).challenge().as_str(),
            nonce: &upstream_nonce(browser),
            downstream_scopes,
            prompt,
            demanded,
        })
    }

    /// Creates the authorization, unless it was decided before.
    pub(crate) async fn create_decided(
        &self,
        id: Id,
        decision: Option<Decision>,
        stage: Stage,
    ) -> Result<Created<Authorization>, Unavailable> {
        self.ports.authorizations.create(Authorization::decided(id, decision, stage, self.now())).await
    }
}

/// Where the consent comes from, for the audit log.
fn source(consent: Consent) -> &'static str {
    match consent {
        Consent::Fresh => "the person was asked",
        Consent::Remembered { .. } => "an approval was remembered",
        Consent::Pending => "the owner confirms after signing in",
    }
}
