//! The way to Entra: the decided authorization is created, and the browser gets the secret that binds the callback to it.

use oauth_protocol::secret::{Handle, Secret};
use secrecy::ExposeSecret as _;

use super::answer::{Answer, Next, Redirect};
use crate::{
    ground::{Created, EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Binding, Consent, PendingUpstream, Stage},
        cookies::{CookieName, Cookies},
        derived::{upstream_nonce, upstream_verifier},
        pending_consent::SignInPrompt,
        scopes,
        valid_request::ValidRequest,
    },
    upstream::SignInRequest,
};

/// The secrets of one sign-in.
pub(crate) struct SignInSecrets {
    /// Goes through Entra and back, in `state`.
    pub(crate) state: Secret,
    /// Stays in this browser, in `__Host-MCP_ENTRA_STATE`.
    pub(crate) browser: Secret,
}

impl AuthorizationServer {
    pub(crate) fn sign_in_secrets(&self) -> SignInSecrets {
        SignInSecrets { state: self.random_secret(), browser: self.random_secret() }
    }

    /// Creates the authorization and sends the browser to Entra; `None` if the transaction was decided before.
    pub(crate) async fn to_sign_in(
        &self,
        id: Id,
        request: ValidRequest,
        consent: Consent,
        prompt: SignInPrompt,
        sent: &Cookies,
    ) -> Result<Option<Answer>, Unavailable> {
        let (secrets, scopes) = (self.sign_in_secrets(), scopes::downstream(request.scope()));
        let binding = Binding::new(&secrets.state, &secrets.browser);
        let allowed = EventName::ConsentAllowed.event().authorization(id).client(request.client());
        let stage = Stage::PendingUpstream(PendingUpstream { request, consent, binding });
        let created = self.create_decided(id, stage).await?;
        if created {
            self.report(allowed.because(source(consent)));
        }
        Ok(created.then(|| self.sign_in(id, secrets, &scopes, prompt, sent)))
    }

    /// The redirect to Entra, with the cookie that binds the callback to this browser.
    pub(crate) fn sign_in(
        &self,
        id: Id,
        SignInSecrets { state, browser }: SignInSecrets,
        downstream_scopes: &[&'static str],
        prompt: SignInPrompt,
        sent: &Cookies,
    ) -> Answer {
        let state = Handle::new(id.to_string(), state).encode();
        let url = self.sign_in_url(state.expose_secret(), &browser, downstream_scopes, prompt);
        Answer::new(Next::Redirect(Redirect::SignIn(url))).setting(sent, CookieName::EntraState(id), &browser)
    }

    /// Entra's authorization endpoint, with our request.
    pub(crate) fn sign_in_url(
        &self,
        state: &str,
        browser: &Secret,
        downstream_scopes: &[&'static str],
        prompt: SignInPrompt,
    ) -> String {
        self.ports.upstream.sign_in_url(&SignInRequest {
            state,
            code_challenge: upstream_verifier(browser).challenge().as_str(),
            nonce: &upstream_nonce(browser),
            downstream_scopes,
            prompt,
        })
    }

    /// Whether this write made the authorization.
    pub(crate) async fn create_decided(&self, id: Id, stage: Stage) -> Result<bool, Unavailable> {
        let created = self.ports.authorizations.create(Authorization::decided(id, stage, self.now())).await?;
        Ok(matches!(created, Created::Done(_)))
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
