//! Starts a sign-in at Entra: creates the decided authorization and the secret that binds the callback to the browser.

use oauth_protocol::secret::{Handle, Secret};
use secrecy::ExposeSecret as _;

use crate::{
    ground::{Created, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Binding, Consent, PendingUpstream, Stage},
        derived::{upstream_nonce, upstream_verifier},
        pending_consent::SignInPrompt,
        scopes,
        valid_request::ValidRequest,
    },
    upstream,
};

/// A sign-in that the browser is sent to.
pub struct SignIn {
    /// Transaction id.
    pub id: Id,
    /// Entra's authorization endpoint, with our request.
    pub url: String,
    /// The value of the cookie `__Host-MCP_ENTRA_STATE`.
    pub browser: Secret,
}

impl AuthorizationServer {
    /// Creates the authorization and the sign-in; `None` if the transaction was decided before.
    pub(crate) async fn to_sign_in(
        &self,
        id: Id,
        request: ValidRequest,
        consent: Consent,
        prompt: SignInPrompt,
    ) -> Result<Option<SignIn>, Unavailable> {
        let (state, browser) = (self.random_secret(), self.random_secret());
        let scopes = scopes::downstream(request.scope());
        let binding = Binding::new(&state, &browser);
        let stage = Stage::PendingUpstream(PendingUpstream { request, consent, binding });
        if !self.create_decided(id, stage).await? {
            return Ok(None);
        }
        let url = self.sign_in_url(&Handle::new(id.to_string(), state), &browser, &scopes, prompt);
        Ok(Some(SignIn { id, url, browser }))
    }

    pub(crate) fn sign_in_url(
        &self,
        state: &Handle,
        browser: &Secret,
        downstream_scopes: &[&'static str],
        prompt: SignInPrompt,
    ) -> String {
        self.ports.upstream.sign_in_url(&upstream::SignInRequest {
            state: state.encode().expose_secret(),
            code_challenge: upstream_verifier(browser).challenge().as_str(),
            nonce: &upstream_nonce(browser),
            downstream_scopes,
            prompt,
        })
    }

    /// Whether this write created the authorization.
    pub(crate) async fn create_decided(&self, id: Id, stage: Stage) -> Result<bool, Unavailable> {
        let created = self.ports.authorizations.create(Authorization::decided(id, stage, self.now())).await?;
        Ok(matches!(created, Created::Done(_)))
    }
}
