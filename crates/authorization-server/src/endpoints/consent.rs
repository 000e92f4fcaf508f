//! `POST /consent`: the owner's decision. Creating the authorization is the single use of the page.

use oauth_protocol::secret::{Secret, SecretHash};

use crate::{
    endpoints::consent_page::ConsentPage,
    endpoints::{denied::Denied, sign_in::SignIn},
    ground::Unavailable,
    server::AuthorizationServer,
    state::{
        authorization::{Consent, Stage},
        memory::Memory,
        pending_consent::{Asks, PendingConsent, SignInPrompt},
    },
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

/// Why a decision does not count.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// Not a form that we made, or made too long ago, or without the client.
    #[error("the form is not from this server or has expired")]
    Expired,
    /// The binding cookie is missing: the page was opened elsewhere, or cookies are off.
    #[error("the binding cookie is missing")]
    CookieMissing,
    /// Cookie or double-submit token of another transaction or browser, or a button that the page did not have.
    #[error("the binding cookie or the CSRF token does not match")]
    Forged,
    /// The transaction has its decision.
    #[error("the decision was made before")]
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
        let memory = memory.with_denial(pending.request.client(), self.now());
        Ok(Decided::Denied(self.denied_page(pending.request, pending.sign_in).await?, memory))
    }

    async fn undo(&self, pending: PendingConsent, memory: Memory) -> Result<Decided, ConsentError> {
        let PendingConsent { request, sign_in, .. } = pending;
        let client = self.find_client(&request.client().to_string()).await?.ok_or(ConsentError::Expired)?.value;
        let memory = memory.without_denial(client.id);
        let form = self.form(request, Asks::Consent, sign_in).await?;
        Ok(Decided::Undone(ConsentPage { client, form, allowed_at: None }, memory))
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
