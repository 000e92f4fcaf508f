//! A confirmation that arrives again, by a double click for example. It is answered alike, or not at all: nothing is created.

use oauth_protocol::secret::Secret;

use super::{
    answer::Answer,
    consent::{ConsentError, DOUBLE_CLICK, Decision},
    consent_form::{ConfirmationSubmission, made_for},
    sign_in::SignInParameters,
};
use crate::{
    ground::{GrantKey, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Binding, CodeIssued, Consent, Exchanging, PendingUpstream, Refused, Stage},
        cookies::{CookieName, Cookies},
        grant::Status,
        pending_consent::SignInPrompt,
        scopes,
    },
};

impl AuthorizationServer {
    /// The answer to a confirmation of an authorization that does not wait for one any more.
    pub(crate) async fn confirmed_again(
        &self,
        authorization: &Authorization,
        submission: &ConfirmationSubmission<'_>,
        sent: &Cookies,
    ) -> Result<Answer, ConsentError> {
        match confirmed(&authorization.stage) {
            Some(decision) if decision == submission.decision => {}
            Some(_) => return Err(ConsentError::AlreadyDecided),
            None => return Err(ConsentError::AlreadyCompleted),
        }
        let id = authorization.id;
        let answer = match &authorization.stage {
            Stage::CodeIssued(issued) if same_browser(&issued.binding, id, submission.csrf, sent) => {
                self.same_code(authorization, issued, sent).await?
            }
            Stage::PendingUpstream(pending) => self.same_sign_in(id, pending, submission.csrf, sent).await?,
            Stage::Refused(refused) if same_browser(&refused.binding, id, submission.csrf, sent) => {
                self.same_refusal(refused, sent).await?
            }
            _ => None,
        };
        answer.ok_or(ConsentError::AlreadyCompleted)
    }

    /// The same code, while nobody has redeemed it.
    async fn same_code(
        &self,
        authorization: &Authorization,
        issued: &CodeIssued,
        sent: &Cookies,
    ) -> Result<Option<Answer>, Unavailable> {
        let (id, owner) = (authorization.id, issued.signed_in.subject.owner_key());
        let Some(sealed) = &issued.sealed_code else { return Ok(None) };
        let grant = self.ports.grants.get(&GrantKey { owner, grant: id }).await?;
        let redeemed = grant.is_some_and(|grant| grant.value.status != Status::Unissued);
        if redeemed || issued.code_expired(self.now()) {
            return Ok(None);
        }
        let Some(code) = self.open(sealed, id).await? else { return Ok(None) };
        let answer = self.back_with_code(id, &issued.request, code.0);
        Ok(Some(answer.with(self.remember(owner, &issued.request, authorization.decided_at, sent).await)))
    }

    /// The same sign-in with another account, while Entra has not answered.
    async fn same_sign_in(
        &self,
        id: Id,
        pending: &PendingUpstream,
        csrf: &str,
        sent: &Cookies,
    ) -> Result<Option<Answer>, Unavailable> {
        let Some(sealed) = &pending.sealed_secrets else { return Ok(None) };
        let Some(secrets) = self.open(sealed, id).await? else { return Ok(None) };
        let is_before = |cookie: &str| {
            let before = Secret::parse(cookie).zip(secrets.before.as_ref());
            before.is_some_and(|(cookie, before)| before.sha256().verifies(&cookie))
        };
        let mut cookies = sent.all(CookieName::EntraState(id));
        let known = cookies.any(is_before) || pending.binding.browser(sent.all(CookieName::EntraState(id))).is_some();
        if !known || !secrets.before.as_ref().is_some_and(|before| made_for(before, csrf)) {
            return Ok(None);
        }
        let scopes = scopes::downstream(pending.request.scope());
        let parameters = SignInParameters::new(&scopes, SignInPrompt::SelectAccount);
        Ok(Some(self.sign_in(id, &secrets, &parameters, sent)))
    }

    /// The same refusal, while it may be a double click.
    async fn same_refusal(&self, refused: &Refused, sent: &Cookies) -> Result<Option<Answer>, Unavailable> {
        if self.now() < refused.refused_at + DOUBLE_CLICK {
            self.back_with_denial(&refused.request, sent).await.map(Some)
        } else {
            Ok(None)
        }
    }
}

/// The answer that a confirmation was given; `None` if there was none.
fn confirmed(stage: &Stage) -> Option<Decision> {
    match stage {
        Stage::CodeIssued(CodeIssued { sealed_code: Some(_), .. }) => Some(Decision::Allow),
        Stage::PendingUpstream(PendingUpstream { consent: Consent::Pending, .. })
        | Stage::Exchanging(Exchanging { consent: Consent::Pending, .. }) => Some(Decision::SwitchAccount),
        Stage::Refused(_) => Some(Decision::Deny),
        Stage::PendingUpstream(_)
        | Stage::Exchanging(_)
        | Stage::PendingConfirmation(_)
        | Stage::CodeIssued(_)
        | Stage::Denied
        | Stage::Failed(_)
        | Stage::OwnPageSignIn => None,
    }
}

/// Whether the form is of the page that was shown to this browser.
fn same_browser(binding: &Binding, id: Id, csrf: &str, sent: &Cookies) -> bool {
    binding.browser(sent.all(CookieName::EntraState(id))).is_some_and(|browser| made_for(&browser, csrf))
}
