//! `GET /consent?id=` and its decision: an owner whose consent is not known is asked after signing in.

use oauth_protocol::secret::Secret;

use super::{
    answer::{Answer, Next},
    consent::{ConsentError, Decision},
    issue::{Remember, back_to_client},
    pages::{ConfirmationPage, Page},
    visitor::Visitor,
};
use crate::{
    ground::{AuditEvent, EventName, Id, Stored},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Binding, Consent, Failed, PendingConfirmation, PendingUpstream, Stage},
        cookies::{CookieName, Cookies},
        derived::derived,
        pending_consent::SignInPrompt,
        scopes,
    },
};

/// The form of the page that asked the owner who signed in.
pub struct ConfirmationSubmission<'a> {
    /// Transaction id.
    pub id: Id,
    /// The button.
    pub decision: Decision,
    /// The double-submit token.
    pub csrf: &'a str,
}

/// An authorization that waits for its owner, in the browser that may answer.
struct Waiting {
    stored: Stored<Authorization>,
    pending: PendingConfirmation,
    browser: Secret,
}

impl AuthorizationServer {
    /// The page.
    pub async fn confirmation(&self, id: Id, sent: &Cookies) -> Result<Answer, ConsentError> {
        let Waiting { pending, browser, .. } = self.waiting(id, sent).await?;
        let client_id = pending.request.client().to_string();
        let client = self.find_client(&client_id).await?.ok_or(ConsentError::Expired)?.value;
        let name = self.open(&pending.sealed_name, id).await?.map(|name| name.0).unwrap_or_default();
        let csrf = derived(&browser, b"confirmation");
        let page = ConfirmationPage { id, client, request: pending.request, name, csrf };
        Ok(Answer::new(Next::Page(Page::Confirmation(page))))
    }

    /// The decision.
    pub async fn confirm(
        &self,
        submission: &ConfirmationSubmission<'_>,
        visitor: &Visitor<'_>,
    ) -> Result<Answer, ConsentError> {
        if !visitor.initiator.is_own_form() {
            return Err(ConsentError::ForeignOrigin);
        }
        let waiting = self.waiting(submission.id, visitor.cookies).await?;
        let expected = derived(&waiting.browser, b"confirmation").sha256();
        if !Secret::parse(submission.csrf).is_some_and(|presented| expected.verifies(&presented)) {
            return Err(ConsentError::Forged);
        }
        let answer = match submission.decision {
            Decision::Allow => self.confirmed(waiting, visitor.cookies).await,
            Decision::SwitchAccount => self.switch_account(waiting, visitor.cookies).await,
            Decision::Deny => self.refuse(waiting, visitor.cookies).await,
            Decision::Undo => return Err(ConsentError::Forged),
        };
        answer?.ok_or(ConsentError::AlreadyDecided)
    }

    async fn waiting(&self, id: Id, sent: &Cookies) -> Result<Waiting, ConsentError> {
        let stored = self.ports.authorizations.get(&id).await?.ok_or(ConsentError::Expired)?;
        if stored.value.expired(self.now()) {
            return Err(ConsentError::Expired);
        }
        let Stage::PendingConfirmation(pending) = &stored.value.stage else { return Err(ConsentError::AlreadyDecided) };
        let browser = pending.binding.browser(sent.get(CookieName::EntraState(id)));
        let browser = browser.ok_or(ConsentError::CookieMissing)?;
        Ok(Waiting { pending: pending.clone(), stored, browser })
    }

    async fn confirmed(&self, waiting: Waiting, sent: &Cookies) -> Result<Option<Answer>, ConsentError> {
        let Waiting { mut stored, pending, .. } = waiting;
        let (code, now) = (self.random_secret(), self.now());
        // A withdrawal before this answer does not concern it.
        stored.value.decided_at = now;
        let allowed = decision(EventName::ConsentAllowed, stored.value.id, &pending);
        let answer = self.issue(&stored, pending.issue(&code, now), code, Remember::Yes, sent).await?;
        if answer.is_some() {
            self.report(allowed.because("confirmed after signing in"));
        }
        Ok(answer)
    }

    /// Entra is asked again, under new secrets. The owner who signs in then is asked here again.
    async fn switch_account(&self, waiting: Waiting, sent: &Cookies) -> Result<Option<Answer>, ConsentError> {
        let Waiting { stored, pending: PendingConfirmation { request, .. }, .. } = waiting;
        let (secrets, scopes) = (self.sign_in_secrets(), scopes::downstream(request.scope()));
        let binding = Binding::new(&secrets.state, &secrets.browser);
        let again = Stage::PendingUpstream(PendingUpstream { request, consent: Consent::Pending, binding });
        let stepped = self.step(&stored, again).await?;
        Ok(stepped.map(|to| self.sign_in(to.value.id, secrets, &scopes, SignInPrompt::SelectAccount, sent)))
    }

    /// The cookies are sealed before the refusal is written.
    async fn refuse(&self, waiting: Waiting, sent: &Cookies) -> Result<Option<Answer>, ConsentError> {
        let Waiting { stored, pending, .. } = waiting;
        let denied = decision(EventName::ConsentDenied, stored.value.id, &pending);
        let PendingConfirmation { request, binding, .. } = pending;
        let memory = self.recall(sent).await?.with_denial(request.client(), self.now());
        let cookies = self.memory_cookies(&memory, sent).await?;
        let failed = Failed { reason: "denied".into(), state_hash: Some(binding.state_hash) };
        let stepped = self.step(&stored, Stage::Failed(failed)).await?;
        if stepped.is_some() {
            self.report(denied);
        }
        Ok(stepped.map(|to| back_to_client(to.value.id, self.access_denied(&request)).with(cookies)))
    }
}

fn decision(name: EventName, id: Id, pending: &PendingConfirmation) -> AuditEvent {
    name.event().authorization(id).owner(pending.signed_in.subject.owner_key()).client(pending.request.client())
}
