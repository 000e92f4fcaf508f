//! `POST /consent`: the owner's decision. Creating the authorization is the single use of the page.

use oauth_protocol::secret::{Secret, SecretHash};

use super::{answer::Answer, pages::ConsentPage, visitor::Visitor};
use crate::{
    ground::{EventName, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Consent, Stage},
        cookies::{CookieName, Cookies},
        pending_consent::{Asks, PendingConsent, SignInPrompt},
    },
};

/// The button that was clicked.
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

/// The form of a page that asked for consent.
pub struct ConsentSubmission<'a> {
    /// The sealed request.
    pub request: &'a str,
    /// The button.
    pub decision: Decision,
    /// The double-submit token.
    pub csrf: &'a str,
}

/// Why a decision is refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
pub enum ConsentError {
    /// No form of our own page was sent.
    ForeignOrigin,
    /// The form is not ours or is too old, or the client is not registered any more.
    Expired,
    /// The binding cookie is missing: the page was opened in another browser, or cookies are off.
    CookieMissing,
    /// A cookie or double-submit token of another transaction or browser, or a button that the page did not have.
    Forged,
    /// The transaction was decided before.
    AlreadyDecided,
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl ConsentError {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::ForeignOrigin => Some("the form was not sent from this server's own page"),
            Self::Expired => Some("the form is not from this server or has expired"),
            Self::CookieMissing => Some("the binding cookie is missing"),
            Self::Forged => Some("the binding cookie or the CSRF token does not match"),
            Self::AlreadyDecided => Some("the decision was made before"),
            Self::Unavailable(_) => None,
        }
    }
}

impl AuthorizationServer {
    /// Decides the transaction, once.
    pub async fn decide(
        &self,
        submission: &ConsentSubmission<'_>,
        visitor: &Visitor<'_>,
    ) -> Result<Answer, ConsentError> {
        if !visitor.initiator.is_own_form() {
            return Err(ConsentError::ForeignOrigin);
        }
        let pending = self.consent_transaction(submission.request).await?;
        check_browser(&pending, submission.csrf, visitor.cookies)?;
        let id = pending.id;
        let answer = match (submission.decision, pending.consent()) {
            (Decision::Allow, Some(consent)) => {
                let prompt = pending.sign_in;
                self.allow(pending, consent, prompt, visitor.cookies).await
            }
            (Decision::SwitchAccount, Some(consent @ Consent::Remembered { .. })) => {
                self.allow(pending, consent, SignInPrompt::SelectAccount, visitor.cookies).await
            }
            (Decision::Deny, Some(_)) => self.deny(pending, visitor.cookies).await,
            (Decision::Undo, None) => self.undo(pending, visitor.cookies).await,
            (Decision::SwitchAccount | Decision::Undo, Some(_)) | (_, None) => Err(ConsentError::Forged),
        };
        Ok(answer?.deleting(CookieName::ConsentState(id)).deleting(CookieName::CsrfToken(id)))
    }

    /// The transaction of a form.
    pub async fn consent_transaction(&self, sealed: &str) -> Result<PendingConsent, ConsentError> {
        let pending = self.open_consent(sealed).await?.ok_or(ConsentError::Expired)?;
        if pending.expired(self.now()) { Err(ConsentError::Expired) } else { Ok(pending) }
    }

    async fn allow(
        &self,
        pending: PendingConsent,
        consent: Consent,
        prompt: SignInPrompt,
        sent: &Cookies,
    ) -> Result<Answer, ConsentError> {
        let answer = self.to_sign_in(pending.id, pending.request, consent, prompt, sent).await?;
        answer.ok_or(ConsentError::AlreadyDecided)
    }

    /// The answer is sealed before the denial is written.
    async fn deny(&self, pending: PendingConsent, sent: &Cookies) -> Result<Answer, ConsentError> {
        let client = pending.request.client();
        let memory = self.recall(sent).await?.with_denial(client, self.now());
        let cookies = self.denied_cookie(&memory, sent).await?;
        let page = self.denied_page(pending.request, pending.sign_in).await?;
        if !self.create_decided(pending.id, Stage::Denied).await? {
            return Err(ConsentError::AlreadyDecided);
        }
        self.report(EventName::ConsentDenied.event().authorization(pending.id).client(client));
        Ok(Answer::denied(sent, page).with(cookies))
    }

    async fn undo(&self, pending: PendingConsent, sent: &Cookies) -> Result<Answer, ConsentError> {
        let PendingConsent { id, request, sign_in, .. } = pending;
        let client = self.find_client(&request.client().to_string()).await?.ok_or(ConsentError::Expired)?.value;
        let memory = self.recall(sent).await?.without_denial(client.id);
        let cookies = self.denied_cookie(&memory, sent).await?;
        let form = self.form(request, Asks::Consent, sign_in).await?;
        self.report(EventName::DenialUndone.event().authorization(id).client(client.id));
        Ok(Answer::consent(sent, ConsentPage { client, form, allowed_at: None }).with(cookies))
    }
}

fn check_browser(pending: &PendingConsent, csrf: &str, sent: &Cookies) -> Result<(), ConsentError> {
    let (binding, csrf_cookie) =
        (sent.get(CookieName::ConsentState(pending.id)), sent.get(CookieName::CsrfToken(pending.id)));
    let (Some(binding), Some(csrf_cookie)) = (binding, csrf_cookie) else { return Err(ConsentError::CookieMissing) };
    let matches = |hash: &SecretHash, text: &str| Secret::parse(text).is_some_and(|secret| hash.verifies(&secret));
    let honest =
        matches(&pending.binding, binding) & matches(&pending.csrf, csrf_cookie) & matches(&pending.csrf, csrf);
    if honest { Ok(()) } else { Err(ConsentError::Forged) }
}
