//! The way to Entra: the decided authorization is created, and the browser gets the secret that binds the callback to it.

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

/// The way to Entra.
pub struct SignIn {
    /// Transaction id.
    pub id: Id,
    /// The authorization endpoint of Entra, with our request.
    pub url: String,
    /// Goes into `__Host-MCP_ENTRA_STATE`.
    pub browser: Secret,
}

impl AuthorizationServer {
    /// Creates the authorization and sends the browser to Entra; `None` if the transaction had its decision.
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
        self.ports.upstream.sign_in_url(&upstream::SignIn {
            state: state.encode().expose_secret(),
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
