//! `POST /consent`: the owner's decision. Creating the authorization is the single use of the page.

use oauth_protocol::secret::{Secret, SecretHash};
use time::Duration;

use super::{
    answer::Answer,
    sign_in::{Decided, SignInParameters, ToSignIn},
    visitor::{ForeignForm, FormSender},
};
pub use crate::state::decision::Decision;
use crate::{
    ground::{Created, EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        asking_client::AskingClient,
        authorization::{Authorization, Consent, PendingUpstream, Stage},
        cookies::{CookieName, Cookies},
        memory::Likeness,
        pending_consent::{Asks, PendingConsent, SignInPrompt},
        scopes,
    },
};

/// A form that arrives again within this time is a double click; later it is an old page.
pub(crate) const DOUBLE_CLICK: Duration = Duration::seconds(60);

/// The form of a page that asked for consent.
pub struct ConsentSubmission<'a> {
    /// The sealed request.
    pub request: &'a str,
    /// The button.
    pub decision: Decision,
    /// The double-submit token.
    pub csrf: &'a str,
}

/// A button that leads to Entra.
#[derive(Clone, Copy)]
struct SignInChoice {
    decision: Decision,
    prompt: SignInPrompt,
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
    /// The transaction was decided otherwise before.
    AlreadyDecided,
    /// The same decision was made before, and the sign-in has gone on since.
    AlreadyCompleted,
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
            Self::AlreadyDecided => Some("another decision was made before"),
            Self::AlreadyCompleted => Some("the same decision was made before"),
            Self::Unavailable(_) => None,
        }
    }
}

impl From<ForeignForm> for ConsentError {
    fn from(ForeignForm: ForeignForm) -> Self {
        Self::ForeignOrigin
    }
}

impl AuthorizationServer {
    /// Decides the transaction, once.
    pub async fn decide(
        &self,
        submission: &ConsentSubmission<'_>,
        sender: FormSender<'_>,
    ) -> Result<Answer, ConsentError> {
        let sent = sender.cookies();
        let pending = self.consent_transaction(submission.request).await?;
        self.check_browser(&pending, submission, sent).await?;
        match (submission.decision, pending.consent()) {
            (Decision::Allow, Some(consent)) => {
                let choice = SignInChoice { decision: Decision::Allow, prompt: pending.sign_in };
                self.allow(pending, consent, choice, sent).await
            }
            (Decision::SwitchAccount, Some(consent @ Consent::Remembered { .. })) => {
                let choice = SignInChoice { decision: Decision::SwitchAccount, prompt: SignInPrompt::SelectAccount };
                self.allow(pending, consent, choice, sent).await
            }
            (Decision::Deny, _) if pending.may_be_denied() => self.deny(pending, sent).await,
            (Decision::Undo, None) => self.undo(pending, sent).await,
            (Decision::SwitchAccount | Decision::Undo | Decision::Deny, Some(_)) | (_, None) => {
                Err(ConsentError::Forged)
            }
        }
    }

    /// The transaction of a form.
    pub async fn consent_transaction(&self, sealed: &str) -> Result<PendingConsent, ConsentError> {
        let pending = self.open_consent(sealed).await?.ok_or(ConsentError::Expired)?;
        if pending.expired(self.now()) { Err(ConsentError::Expired) } else { Ok(pending) }
    }

    async fn allow(
        &self,
        PendingConsent { id, request, .. }: PendingConsent,
        consent: Consent,
        choice: SignInChoice,
        sent: &Cookies,
    ) -> Result<Answer, ConsentError> {
        let SignInChoice { decision, prompt } = choice;
        let to_sign_in = ToSignIn { id, request, consent, decision: Some(decision), prompt };
        match self.to_sign_in(to_sign_in, sent).await? {
            Decided::Now(answer) => Ok(*answer),
            Decided::Before(decided) => self.allowed_again(&decided, choice, sent).await,
        }
    }

    /// A form that arrives twice, by a double click for example, leads to the same sign-in as long as Entra has not answered.
    async fn allowed_again(
        &self,
        decided: &Authorization,
        SignInChoice { decision, prompt }: SignInChoice,
        sent: &Cookies,
    ) -> Result<Answer, ConsentError> {
        match &decided.stage {
            Stage::PendingUpstream(PendingUpstream { request, consent, sealed_secrets: Some(sealed), .. })
                if decided.decision == Some(decision) && *consent != Consent::Pending =>
            {
                let secrets = self.open(sealed, decided.id).await?.ok_or(ConsentError::AlreadyCompleted)?;
                let scopes = scopes::downstream(request.scope());
                Ok(self.sign_in(decided.id, &secrets, &SignInParameters::new(&scopes, prompt), sent))
            }
            _ => Err(decided_before(decided, decision)),
        }
    }

    /// The answer is sealed before the denial is written.
    async fn deny(&self, pending: PendingConsent, sent: &Cookies) -> Result<Answer, ConsentError> {
        let client = pending.request.client();
        let likeness = self.likeness(&pending.request).await?;
        let memory = self.recall(sent).await?.with_denial(client, likeness, self.now());
        let cookies = self.denied_cookie(&memory, sent).await?;
        let asked_again = pending.asks == Asks::Review;
        let mut page = self.denied_page(pending.request, pending.sign_in).await?;
        page.returns_by_itself &= !asked_again;
        match self.create_decided(pending.id, Some(Decision::Deny), Stage::Denied).await? {
            Created::Done(_) => self.report(EventName::ConsentDenied.event().authorization(pending.id).client(client)),
            Created::Exists(before) if self.is_denied_again(&before.value) => {}
            Created::Exists(before) => return Err(decided_before(&before.value, Decision::Deny)),
        }
        Ok(Answer::denied(sent, page).with(cookies))
    }

    fn is_denied_again(&self, decided: &Authorization) -> bool {
        decided.decision == Some(Decision::Deny) && self.now() < decided.decided_at + DOUBLE_CLICK
    }

    async fn undo(&self, pending: PendingConsent, sent: &Cookies) -> Result<Answer, ConsentError> {
        let PendingConsent { id, request, sign_in, asks, .. } = pending;
        let client = AskingClient::from(self.client(request.client()).await?.ok_or(ConsentError::Expired)?.value);
        let likeness = Likeness::of(client.name.as_deref(), request.redirect());
        let memory = self.recall(sent).await?.without_denial(client.id).without_denials_like(&likeness);
        let cookies = self.denied_cookie(&memory, sent).await?;
        let undone = EventName::DenialUndone.event().authorization(id).client(client.id);
        let page = self.whole_question(client, request, sign_in, &memory).await?;
        if asks == Asks::Review {
            self.decide_to_review(id).await?;
        }
        self.report(undone);
        Ok(Answer::consent(sent, page).with(cookies))
    }

    /// The page has a button “Deny”, too. “Review” may be clicked again.
    async fn decide_to_review(&self, id: Id) -> Result<(), ConsentError> {
        match self.create_decided(id, Some(Decision::Undo), Stage::Denied).await? {
            Created::Exists(before) if before.value.decision != Some(Decision::Undo) => {
                Err(decided_before(&before.value, Decision::Undo))
            }
            Created::Done(_) | Created::Exists(_) => Ok(()),
        }
    }

    /// Whether the browser that was shown the page sends the form. The cookies are blamed only if they are the cause.
    async fn check_browser(
        &self,
        pending: &PendingConsent,
        submission: &ConsentSubmission<'_>,
        sent: &Cookies,
    ) -> Result<(), ConsentError> {
        let (binding, csrf) = (CookieName::ConsentState(pending.id), CookieName::CsrfToken(pending.id));
        if !verifies(&pending.csrf, submission.csrf) {
            return Err(ConsentError::Forged);
        }
        if sent.has(binding) && sent.has(csrf) {
            let bound = sent.all(binding).any(|text| verifies(&pending.binding, text));
            let twice = sent.all(csrf).any(|text| verifies(&pending.csrf, text));
            return if bound & twice { Ok(()) } else { Err(ConsentError::Forged) };
        }
        Err(match self.ports.authorizations.get(&pending.id).await? {
            Some(decided) => decided_before(&decided.value, submission.decision),
            None if sent.has_displaced(binding) || sent.has_displaced(csrf) => ConsentError::Expired,
            None => ConsentError::CookieMissing,
        })
    }
}

fn decided_before(decided: &Authorization, decision: Decision) -> ConsentError {
    if decided.decision == Some(decision) { ConsentError::AlreadyCompleted } else { ConsentError::AlreadyDecided }
}

fn verifies(hash: &SecretHash, text: &str) -> bool {
    Secret::parse(text).is_some_and(|secret| hash.verifies(&secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_log_hears_why_unless_a_service_is_down() {
        for (error, reason) in [
            (ConsentError::ForeignOrigin, Some("the form was not sent from this server's own page")),
            (ConsentError::Expired, Some("the form is not from this server or has expired")),
            (ConsentError::CookieMissing, Some("the binding cookie is missing")),
            (ConsentError::Forged, Some("the binding cookie or the CSRF token does not match")),
            (ConsentError::AlreadyDecided, Some("another decision was made before")),
            (ConsentError::AlreadyCompleted, Some("the same decision was made before")),
            (Unavailable::store("down").into(), None),
        ] {
            assert_eq!(error.reason(), reason, "{error}");
        }
    }
}
