//! `POST /consent`: the owner's decision. Creating the authorization is the single use of the page.

use hmac::{Hmac, KeyInit as _, Mac as _};
use oauth_protocol::{
    authorization_response::{AuthorizationErrorCode, error_response},
    pkce::CodeVerifier,
    redirect_uri::RedirectTarget,
    secret::{Handle, Secret, SecretHash},
};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

use crate::{
    authorization::{Authorization, Binding, Consent, PendingUpstream, Stage, ValidRequest},
    authorize::ConsentPage,
    id::Id,
    memory::Memory,
    pending_consent::{Asks, Form, PendingConsent, SignInPrompt},
    ports::{self, Created, Unavailable},
    scopes,
    server::AuthorizationServer,
    unasked_redirect,
};

/// What a button says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// “Allow”, or “Continue”.
    Allow,
    /// “Use another account”.
    SwitchAccount,
    /// “Deny”.
    Deny,
    /// “Undo” of a denial.
    Undo,
}

/// What the browser sent with the decision.
pub struct Proof<'a> {
    /// The form's double-submit token.
    pub csrf: &'a str,
    /// `__Host-MCP_CONSENT_STATE`.
    pub binding_cookie: Option<&'a str>,
    /// `__Host-MCP_CSRF_TOKEN`.
    pub csrf_cookie: Option<&'a str>,
}

/// What follows from the decision.
pub enum Decided {
    /// On to Entra.
    Allowed(SignIn),
    /// Not granted; what the browser now remembers.
    Denied(Denied, Memory),
    /// The denial is forgotten, and the question put again.
    Undone(ConsentPage, Memory),
}

/// The way to Entra.
pub struct SignIn {
    /// Transaction id.
    pub id: Id,
    /// The authorization endpoint of Entra, with our request.
    pub url: String,
    /// Goes into `__Host-MCP_ENTRA_STATE`.
    pub browser: Secret,
}

/// What the page after a denial is made from.
pub struct Denied {
    /// Where the link leads.
    pub target: RedirectTarget,
    /// The link: the redirect URI with `access_denied`.
    pub return_to: String,
    /// Whether the page may follow the link by itself.
    pub unasked: bool,
    /// For “Undo”.
    pub form: Form,
}

/// Why a decision does not count.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// Not a form that we made, or made too long ago, or without the client.
    #[error("the form is not ours or has expired")]
    Expired,
    /// The binding cookie is missing: the page was opened elsewhere, or cookies are off.
    #[error("the binding cookie is missing")]
    CookieMissing,
    /// Cookie or double-submit token of another transaction or browser, or a button that the page did not have.
    #[error("the binding cookie or the CSRF token does not match")]
    Forged,
    /// The transaction has its decision.
    #[error("already decided")]
    AlreadyDecided,
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AuthorizationServer {
    /// The transaction that a form is about; its id names the cookies.
    pub async fn consent_transaction(&self, sealed: &str) -> Result<PendingConsent, ConsentError> {
        let pending = self.open_consent(sealed).await?.ok_or(ConsentError::Expired)?;
        if pending.expired(self.now()) { Err(ConsentError::Expired) } else { Ok(pending) }
    }

    /// Decides the transaction, once.
    pub async fn decide(
        &self,
        pending: PendingConsent,
        decision: Decision,
        proof: &Proof<'_>,
        memory: Memory,
    ) -> Result<Decided, ConsentError> {
        check_browser(&pending, proof)?;
        match (decision, pending.consent()) {
            (Decision::Allow, Some(consent)) => self.allow(pending, consent, None).await,
            (Decision::SwitchAccount, Some(consent @ Consent::Remembered { .. })) => {
                self.allow(pending, consent, Some(SignInPrompt::SelectAccount)).await
            }
            (Decision::Deny, Some(_)) => self.deny(pending, memory).await,
            (Decision::Undo, None) => self.undo(pending, memory).await,
            (Decision::SwitchAccount | Decision::Undo, Some(_)) | (_, None) => Err(ConsentError::Forged),
        }
    }

    async fn allow(
        &self,
        pending: PendingConsent,
        consent: Consent,
        prompt: Option<SignInPrompt>,
    ) -> Result<Decided, ConsentError> {
        let prompt = prompt.unwrap_or(pending.sign_in);
        let sign_in = self.to_sign_in(pending.id, pending.request, consent, prompt).await?;
        sign_in.map(Decided::Allowed).ok_or(ConsentError::AlreadyDecided)
    }

    async fn deny(&self, pending: PendingConsent, memory: Memory) -> Result<Decided, ConsentError> {
        if !self.create_decided(pending.id, Stage::Denied).await? {
            return Err(ConsentError::AlreadyDecided);
        }
        let memory = memory.with_denial(pending.request.client, self.now());
        Ok(Decided::Denied(self.denied_page(pending.request, pending.sign_in).await?, memory))
    }

    async fn undo(&self, pending: PendingConsent, memory: Memory) -> Result<Decided, ConsentError> {
        let PendingConsent { request, sign_in, .. } = pending;
        let client = self.find_client(&request.client.to_string()).await?.ok_or(ConsentError::Expired)?.value;
        let memory = memory.without_denial(client.id);
        let form = self.form(request, Asks::Consent, sign_in).await?;
        Ok(Decided::Undone(ConsentPage { client, form, allowed_at: None }, memory))
    }

    pub(crate) async fn denied_page(
        &self,
        request: ValidRequest,
        sign_in: SignInPrompt,
    ) -> Result<Denied, Unavailable> {
        let target = request.redirect.clone();
        let return_to = self.access_denied(&request);
        let unasked = unasked_redirect::is_safe(&target);
        Ok(Denied { target, return_to, unasked, form: self.form(request, Asks::Undo, sign_in).await? })
    }

    /// The redirect URI with the owner's refusal.
    pub(crate) fn access_denied(&self, request: &ValidRequest) -> String {
        let text = "the resource owner denied the request";
        let state = request.state.as_deref();
        error_response(&request.redirect, AuthorizationErrorCode::AccessDenied, text, state, &self.base)
    }

    /// Creates the authorization and sends the browser to Entra; `None` if the transaction had its decision.
    pub(crate) async fn to_sign_in(
        &self,
        id: Id,
        request: ValidRequest,
        consent: Consent,
        prompt: SignInPrompt,
    ) -> Result<Option<SignIn>, Unavailable> {
        let (state, browser) = (self.random_secret(), self.random_secret());
        let scopes = scopes::downstream(&request.scope);
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
        self.upstream.sign_in_url(&ports::SignIn {
            state: state.encode().expose_secret(),
            code_challenge: upstream_verifier(browser).challenge().as_str(),
            nonce: &upstream_nonce(browser),
            downstream_scopes,
            prompt,
        })
    }

    /// Whether this write made the authorization.
    async fn create_decided(&self, id: Id, stage: Stage) -> Result<bool, Unavailable> {
        let created = self.authorizations.create(Authorization::decided(id, stage, self.now())).await?;
        Ok(matches!(created, Created::Done(_)))
    }
}

fn check_browser(pending: &PendingConsent, proof: &Proof<'_>) -> Result<(), ConsentError> {
    let (Some(binding), Some(csrf)) = (proof.binding_cookie, proof.csrf_cookie) else {
        return Err(ConsentError::CookieMissing);
    };
    let matches = |hash: &SecretHash, text: &str| Secret::parse(text).is_some_and(|secret| hash.verifies(&secret));
    let honest = matches(&pending.binding, binding) & matches(&pending.csrf, csrf) & matches(&pending.csrf, proof.csrf);
    if honest { Ok(()) } else { Err(ConsentError::Forged) }
}

/// Our PKCE verifier towards Entra. It is derived from the browser's cookie, so it is neither stored nor in any URL.
pub(crate) fn upstream_verifier(browser: &Secret) -> CodeVerifier {
    CodeVerifier::from_bytes(derived(browser, b"upstream code_verifier").as_bytes())
}

/// The nonce of the ID token, derived likewise.
pub(crate) fn upstream_nonce(browser: &Secret) -> String {
    derived(browser, b"upstream nonce").encode().expose_secret().to_owned()
}

/// A secret that only the holder of the browser's cookie can know.
pub(crate) fn derived(browser: &Secret, purpose: &[u8]) -> Secret {
    let mut key = [0; 64];
    key.split_at_mut(32).0.copy_from_slice(browser.as_bytes());
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(purpose);
    Secret::from_bytes(mac.finalize().into_bytes().into())
}
