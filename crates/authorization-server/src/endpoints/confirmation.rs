//! `GET /consent?id=` and its decision: an owner whose consent is not known is asked after signing in.

use oauth_protocol::secret::Secret;

pub use super::consent_form::ConfirmationSubmission;
use super::{
    answer::{Answer, Next},
    consent::{ConsentError, Decision},
    consent_form::{confirmation_token, made_for},
    issue::Remember,
    pages::{ConfirmationPage, Page},
    sign_in::SignInParameters,
    visitor::FormSender,
};
use crate::{
    ground::{AuditEvent, EventName, Id, Stored},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Binding, Consent, PendingConfirmation, PendingUpstream, Stage},
        cookies::{CookieName, Cookies},
        pending_consent::SignInPrompt,
        scopes,
        sign_in_secrets::IssuedCode,
    },
};

/// An authorization that waits for its owner, in the browser that may answer.
struct Waiting {
    stored: Stored<Authorization>,
    pending: PendingConfirmation,
    browser: Secret,
}

/// An authorization whose owner is asked, or was.
enum Asked {
    Waiting(Box<Waiting>),
    Answered(Box<Authorization>),
}

impl AuthorizationServer {
    /// The page.
    pub async fn confirmation(&self, id: Id, sent: &Cookies) -> Result<Answer, ConsentError> {
        let Asked::Waiting(waiting) = self.asked(id, sent).await? else { return Err(ConsentError::AlreadyCompleted) };
        let Waiting { pending, browser, .. } = *waiting;
        let client = self.client(pending.request.client()).await?.ok_or(ConsentError::Expired)?.value;
        let name = self.open(&pending.sealed_name, id).await?.map(|name| name.0).unwrap_or_default();
        let csrf = confirmation_token(&browser);
        let page = ConfirmationPage { id, client, request: pending.request, name, csrf };
        Ok(Answer::new(Next::Page(Page::Confirmation(page))))
    }

    /// The decision.
    pub async fn confirm(
        &self,
        submission: &ConfirmationSubmission<'_>,
        sender: FormSender<'_>,
    ) -> Result<Answer, ConsentError> {
        if let Some(answer) = self.confirm_once(submission, sender.cookies()).await? {
            return Ok(answer);
        }
        // Another answer came in between; this one may be its double.
        self.confirm_once(submission, sender.cookies()).await?.ok_or(ConsentError::AlreadyDecided)
    }

    /// `None` if another write came first.
    async fn confirm_once(
        &self,
        submission: &ConfirmationSubmission<'_>,
        sent: &Cookies,
    ) -> Result<Option<Answer>, ConsentError> {
        let waiting = match self.asked(submission.id, sent).await? {
            Asked::Waiting(waiting) => waiting,
            Asked::Answered(authorization) => {
                return self.confirmed_again(&authorization, submission, sent).await.map(Some);
            }
        };
        if !made_for(&waiting.browser, submission.csrf) {
            return Err(ConsentError::Forged);
        }
        match submission.decision {
            Decision::Allow => self.confirmed(*waiting, sent).await,
            Decision::SwitchAccount => self.switch_account(*waiting, sent).await,
            Decision::Deny => self.refuse(*waiting, sent).await,
            Decision::Undo => Err(ConsentError::Forged),
        }
    }

    /// The authorization behind the page: in the browser that may answer, or answered before.
    async fn asked(&self, id: Id, sent: &Cookies) -> Result<Asked, ConsentError> {
        let stored = self.ports.authorizations.get(&id).await?.ok_or(ConsentError::Expired)?;
        if stored.value.expired(self.now()) {
            return Err(ConsentError::Expired);
        }
        let Stage::PendingConfirmation(pending) = &stored.value.stage else {
            return Ok(Asked::Answered(Box::new(stored.value)));
        };
        let cookie = CookieName::EntraState(id);
        let missing = if sent.has_displaced(cookie) { ConsentError::Expired } else { ConsentError::CookieMissing };
        let browser = pending.binding.browser(sent.all(cookie)).ok_or(missing)?;
        Ok(Asked::Waiting(Box::new(Waiting { pending: pending.clone(), stored, browser })))
    }

    async fn confirmed(&self, waiting: Waiting, sent: &Cookies) -> Result<Option<Answer>, ConsentError> {
        let Waiting { mut stored, pending, .. } = waiting;
        let (code, now) = (self.random_secret(), self.now());
        let sealed = self.seal(&IssuedCode(Secret::from_bytes(*code.as_bytes())), stored.value.id).await?;
        // A withdrawal before this answer does not concern it.
        stored.value.decided_at = now;
        let allowed = decision(EventName::ConsentAllowed, stored.value.id, &pending);
        let answer = self.issue(&stored, pending.issue(&code, sealed, now), code, Remember::Yes, sent).await?;
        if answer.is_some() {
            self.report(allowed.because("confirmed after signing in"));
        }
        Ok(answer)
    }

    /// Entra is asked again, under new secrets. The owner who signs in then is asked here again.
    async fn switch_account(&self, waiting: Waiting, sent: &Cookies) -> Result<Option<Answer>, ConsentError> {
        let Waiting { stored, pending: PendingConfirmation { request, .. }, browser } = waiting;
        let (secrets, scopes) = (self.sign_in_secrets(Some(browser)), scopes::downstream(request.scope()));
        let binding = Binding::new(&secrets.state, &secrets.browser);
        let sealed_secrets = Some(self.seal(&secrets, stored.value.id).await?);
        let consent = Consent::Pending;
        let again =
            Stage::PendingUpstream(PendingUpstream { request, consent, binding, sealed_secrets, step_up: None });
        let stepped = self.step(&stored, again).await?;
        let parameters = SignInParameters::new(&scopes, SignInPrompt::SelectAccount);
        Ok(stepped.map(|to| self.sign_in(to.value.id, &secrets, &parameters, sent)))
    }

    /// The cookies are sealed before the refusal is written.
    async fn refuse(&self, waiting: Waiting, sent: &Cookies) -> Result<Option<Answer>, ConsentError> {
        let Waiting { stored, pending, .. } = waiting;
        let denied = decision(EventName::ConsentDenied, stored.value.id, &pending);
        let refused = pending.refuse(self.now());
        let answer = self.back_with_denial(&refused.request, sent).await?;
        let stepped = self.step(&stored, Stage::Refused(refused)).await?;
        if stepped.is_some() {
            self.report(denied);
        }
        Ok(stepped.map(|_| answer))
    }
}

fn decision(name: EventName, id: Id, pending: &PendingConfirmation) -> AuditEvent {
    name.event().authorization(id).owner(pending.signed_in.subject.owner_key()).client(pending.request.client())
}
