//! `POST /consent`: the owner's decision. Creating the authorization is the single use of the page.

use hmac::{Hmac, KeyInit as _, Mac as _};
use oauth_protocol::{
    authorization_response::{AuthorizationErrorCode, error_response},
    pkce::CodeVerifier,
    secret::{Handle, Secret},
};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

use crate::{
    authorization::{Authorization, PendingUpstream, Stage, ValidRequest},
    id::Id,
    pending_consent::PendingConsent,
    ports::{Created, SignIn, Unavailable},
    scopes,
    server::AuthorizationServer,
};

/// What the browser sent.
pub struct Decision<'a> {
    /// The sealed request of the form.
    pub sealed: &'a str,
    /// The form's double-submit token.
    pub csrf: &'a str,
    /// Allow, or deny.
    pub allow: bool,
}

/// The two cookies of this transaction.
pub struct ConsentCookies<'a> {
    /// `__Host-MCP_CONSENT_STATE`.
    pub binding: Option<&'a str>,
    /// `__Host-MCP_CSRF_TOKEN`.
    pub csrf: Option<&'a str>,
}

/// What follows from the decision.
pub enum Decided {
    /// On to Entra.
    Allowed {
        /// Transaction id.
        id: Id,
        /// The authorization endpoint of Entra, with our request.
        sign_in_url: String,
        /// Goes into `__Host-MCP_ENTRA_STATE`.
        browser: Secret,
    },
    /// Back to the client, by a link.
    Denied {
        /// Transaction id.
        id: Id,
        /// What was refused.
        request: Box<ValidRequest>,
        /// The redirect URI with `access_denied`.
        return_to: String,
    },
}

/// Why a decision does not count.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// Not a form that we made, or made too long ago.
    #[error("the form is not ours or has expired")]
    Expired,
    /// The binding cookie is missing: the page was opened elsewhere, or cookies are off.
    #[error("the binding cookie is missing")]
    CookieMissing,
    /// Cookie or double-submit token of another transaction or browser.
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
        decision: &Decision<'_>,
        cookies: &ConsentCookies<'_>,
    ) -> Result<Decided, ConsentError> {
        check_browser(&pending, decision, cookies)?;
        if decision.allow { self.allow(pending).await } else { self.deny(pending).await }
    }

    async fn allow(&self, pending: PendingConsent) -> Result<Decided, ConsentError> {
        let (state, browser) = (self.random_secret(), self.random_secret());
        let stage = Stage::PendingUpstream(PendingUpstream {
            request: pending.request.clone(),
            state_hash: state.sha256(),
            browser_hash: browser.sha256(),
        });
        self.create_decided(pending.id, stage).await?;
        let state = Handle::new(pending.id.to_string(), state).encode();
        let sign_in_url = self.upstream.sign_in_url(&SignIn {
            state: state.expose_secret(),
            code_challenge: upstream_verifier(&browser).challenge().as_str(),
            nonce: &upstream_nonce(&browser),
            downstream_scopes: &scopes::downstream(&pending.request.scope),
            select_account: false,
        });
        Ok(Decided::Allowed { id: pending.id, sign_in_url, browser })
    }

    async fn deny(&self, pending: PendingConsent) -> Result<Decided, ConsentError> {
        self.create_decided(pending.id, Stage::Denied).await?;
        let request = pending.request;
        let return_to = error_response(
            &request.redirect,
            AuthorizationErrorCode::AccessDenied,
            "the resource owner denied the request",
            request.state.as_deref(),
            &self.base,
        );
        Ok(Decided::Denied { id: pending.id, request: Box::new(request), return_to })
    }

    async fn create_decided(&self, id: Id, stage: Stage) -> Result<(), ConsentError> {
        match self.authorizations.create(Authorization::decided(id, stage, self.now())).await? {
            Created::Done(_) => Ok(()),
            Created::Exists(_) => Err(ConsentError::AlreadyDecided),
        }
    }
}

fn check_browser(
    pending: &PendingConsent,
    decision: &Decision<'_>,
    cookies: &ConsentCookies<'_>,
) -> Result<(), ConsentError> {
    let (Some(binding), Some(csrf)) = (cookies.binding, cookies.csrf) else { return Err(ConsentError::CookieMissing) };
    let matches = |hash: &oauth_protocol::secret::SecretHash, text: &str| {
        Secret::parse(text).is_some_and(|secret| hash.verifies(&secret))
    };
    let honest =
        matches(&pending.binding, binding) & matches(&pending.csrf, csrf) & matches(&pending.csrf, decision.csrf);
    if honest { Ok(()) } else { Err(ConsentError::Forged) }
}

/// Our PKCE verifier towards Entra. It is derived from the browser's cookie, so it is neither stored nor in any URL.
pub(crate) fn upstream_verifier(browser: &Secret) -> CodeVerifier {
    CodeVerifier::from_bytes(&derived(browser, b"upstream code_verifier"))
}

/// The nonce of the ID token, derived likewise.
pub(crate) fn upstream_nonce(browser: &Secret) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(derived(browser, b"upstream nonce"))
}

fn derived(browser: &Secret, purpose: &[u8]) -> [u8; 32] {
    let mut key = [0; 64];
    key.split_at_mut(32).0.copy_from_slice(browser.as_bytes());
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}
