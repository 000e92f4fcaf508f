//! `GET /consent?id=` and its decision: an owner whose consent is not known is asked after signing in.

use oauth_protocol::secret::Secret;
use time::OffsetDateTime;

pub use super::consent_form::ConfirmationSubmission;
use super::{
    answer::{Answer, Next},
    consent::{ConsentError, Decision},
    consent_form::{confirmation_token, made_for},
    pages::{ConfirmationPage, Page},
    sign_in::SignInParameters,
    visitor::FormSender,
};
use crate::{
    changes::{Change, change_from},
    ground::{AuditEvent, EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Binding, Consent, PendingConfirmation, PendingUpstream, Stage},
        cookies::{CookieName, Cookies},
        pending_consent::SignInPrompt,
        scopes,
        sign_in_secrets::IssuedCode,
        valid_request::ValidRequest,
    },
};

/// An authorization that waits for its owner, in the browser that may answer.
struct Waiting {
    authorization: Authorization,
    pending: PendingConfirmation,
    browser: Secret,
}

/// An authorization whose owner is asked, or was.
enum Asked {
    Waiting(Box<Waiting>),
    Answered(Box<Authorization>),
}

/// The answer to a decision, and what follows once the decision is written.
struct Confirmed {
    answer: Answer,
    /// `None` if nothing was decided, or the same before.
    event: Option<AuditEvent>,
    /// To be remembered.
    approved: Option<Approved>,
}

struct Approved {
    owner: Id,
    request: ValidRequest,
    decided_at: OffsetDateTime,
}

impl From<Answer> for Confirmed {
    fn from(answer: Answer) -> Self {
        Self { answer, event: None, approved: None }
    }
}

/// The authorization as it becomes, or the answer to one that stays.
type ConfirmationChange = Change<Authorization, Confirmed>;

impl AuthorizationServer {
    /// The page.
    pub async fn confirmation(&self, id: Id, sent: &Cookies) -> Result<Answer, ConsentError> {
        let stored = self.ports.authorizations.get(&id).await?;
        let Asked::Waiting(waiting) = self.asked(stored.map(|stored| stored.value), sent)? else {
            return Err(ConsentError::AlreadyCompleted);
        };
        let Waiting { pending, browser, .. } = *waiting;
        let client = self.client(pending.request.client()).await?.ok_or(ConsentError::Expired)?.value.into();
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
        let (sent, authorizations) = (sender.cookies(), self.ports.authorizations.as_ref());
        let stored = authorizations.get(&submission.id).await?;
        let decide = |authorization| self.decide_confirmation(authorization, submission, sent);
        let Confirmed { answer, event, approved } = change_from(authorizations, stored, decide).await?.answer;
        if let Some(event) = event {
            self.report(event);
        }
        let Some(Approved { owner, request, decided_at }) = approved else { return Ok(answer) };
        Ok(answer.with(self.remember(owner, &request, decided_at, sent).await))
    }

    /// The decision on an authorization as it stands.
    async fn decide_confirmation(
        &self,
        authorization: Option<Authorization>,
        submission: &ConfirmationSubmission<'_>,
        sent: &Cookies,
    ) -> Result<ConfirmationChange, ConsentError> {
        let waiting = match self.asked(authorization, sent)? {
            Asked::Waiting(waiting) => *waiting,
            Asked::Answered(authorization) => {
                return Ok(Change::Keep(self.confirmed_again(&authorization, submission, sent).await?.into()));
            }
        };
        if !made_for(&waiting.browser, submission.csrf) {
            return Err(ConsentError::Forged);
        }
        match submission.decision {
            Decision::Allow => Ok(self.confirmed(waiting).await?),
            Decision::SwitchAccount => Ok(self.switch_account(waiting, sent).await?),
            Decision::Deny => Ok(self.refuse(waiting, sent).await?),
            Decision::Undo => Err(ConsentError::Forged),
        }
    }

    /// The authorization behind the page: in the browser that may answer, or answered before.
    fn asked(&self, authorization: Option<Authorization>, sent: &Cookies) -> Result<Asked, ConsentError> {
        let authorization = authorization.filter(|authorization| !authorization.expired(self.now()));
        let authorization = authorization.ok_or(ConsentError::Expired)?;
        let Stage::PendingConfirmation(pending) = &authorization.stage else {
            return Ok(Asked::Answered(Box::new(authorization)));
        };
        let cookie = CookieName::EntraState(authorization.id);
        let missing = if sent.has_displaced(cookie) { ConsentError::Expired } else { ConsentError::CookieMissing };
        let browser = pending.binding.browser(sent.all(cookie)).ok_or(missing)?;
        Ok(Asked::Waiting(Box::new(Waiting { pending: pending.clone(), authorization, browser })))
    }

    async fn confirmed(
        &self,
        Waiting { authorization, pending, .. }: Waiting,
    ) -> Result<ConfirmationChange, Unavailable> {
        let (id, code, decided_at) = (authorization.id, self.random_secret(), self.now());
        let sealed = self.seal(&IssuedCode(Secret::from_bytes(*code.as_bytes())), id).await?;
        let event = decision(EventName::ConsentAllowed, id, &pending).because("confirmed after signing in");
        let (owner, request) = (pending.signed_in.subject.owner_key(), pending.request.clone());
        let issued = Stage::CodeIssued(pending.issue(&code, sealed, decided_at));
        let answer = self.back_with_code(id, &request, code);
        let approved = Some(Approved { owner, request, decided_at });
        // A withdrawal before this answer does not concern it.
        let next = Authorization { decided_at, ..authorization.at(issued) };
        Ok(Change::Write(next, Confirmed { answer, event: Some(event), approved }))
    }

    /// Entra is asked again, under new secrets. The owner who signs in then is asked here again.
    async fn switch_account(&self, waiting: Waiting, sent: &Cookies) -> Result<ConfirmationChange, Unavailable> {
        let Waiting { authorization, pending: PendingConfirmation { request, .. }, browser } = waiting;
        let (id, secrets) = (authorization.id, self.sign_in_secrets(Some(browser)));
        let scopes = scopes::downstream(request.scope());
        let binding = Binding::new(&secrets.state, &secrets.browser);
        let sealed_secrets = Some(self.seal(&secrets, id).await?);
        let consent = Consent::Pending;
        let again =
            Stage::PendingUpstream(PendingUpstream { request, consent, binding, sealed_secrets, step_up: None });
        let parameters = SignInParameters::new(&scopes, SignInPrompt::SelectAccount);
        let answer = self.sign_in(id, &secrets, &parameters, sent);
        Ok(Change::Write(authorization.at(again), answer.into()))
    }

    /// The cookies are sealed before the refusal is written.
    async fn refuse(&self, waiting: Waiting, sent: &Cookies) -> Result<ConfirmationChange, Unavailable> {
        let Waiting { authorization, pending, .. } = waiting;
        let event = decision(EventName::ConsentDenied, authorization.id, &pending);
        let refused = pending.refuse(self.now());
        let answer = self.back_with_denial(&refused.request, sent).await?;
        let next = authorization.at(Stage::Refused(refused));
        Ok(Change::Write(next, Confirmed { event: Some(event), ..answer.into() }))
    }
}

fn decision(name: EventName, id: Id, pending: &PendingConfirmation) -> AuditEvent {
    name.event().authorization(id).owner(pending.signed_in.subject.owner_key()).client(pending.request.client())
}
