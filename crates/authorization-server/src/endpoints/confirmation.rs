//! `GET /consent?id=` and its decision: an owner whose approval was not the remembered one is asked, after signing in.

use oauth_protocol::secret::{Handle, Secret};

use crate::{
    endpoints::{
        consent::{ConsentError, Decision},
        issue::Answer,
        sign_in::SignIn,
    },
    ground::{Id, Stored},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Binding, Consent, Failed, PendingConfirmation, PendingUpstream, Stage},
        client::Client,
        derived::derived,
        memory::Memory,
        pending_consent::SignInPrompt,
        scopes,
        valid_request::ValidRequest,
    },
};

/// What the page is made from.
pub struct ConfirmationPage {
    /// Whom the owner is asked about.
    pub client: Client,
    /// What is asked.
    pub request: ValidRequest,
    /// The owner's name.
    pub name: String,
    /// Double-submit token; only the holder of the browser's cookie can know it.
    pub csrf: Secret,
}

/// What follows from the decision.
pub enum Confirmed {
    /// Back to the client, with a code or with `access_denied`.
    Redirect(Answer),
    /// To Entra again, for another account.
    SwitchAccount(SignIn),
}

/// The transaction and the browser that answers.
pub struct Confirming<'a> {
    /// Transaction id.
    pub id: Id,
    /// `__Host-MCP_ENTRA_STATE`.
    pub cookie: Option<&'a str>,
}

type Pending = (Stored<Authorization>, PendingConfirmation, Secret);

impl AuthorizationServer {
    /// The page.
    pub async fn confirmation(&self, confirming: &Confirming<'_>) -> Result<ConfirmationPage, ConsentError> {
        let (_, pending, browser) = self.pending_confirmation(confirming).await?;
        let client_id = pending.request.client().to_string();
        let client = self.find_client(&client_id).await?.ok_or(ConsentError::Expired)?.value;
        let name = self.open(&pending.sealed_name, confirming.id).await?.map(|name| name.0).unwrap_or_default();
        Ok(ConfirmationPage { client, request: pending.request, name, csrf: derived(&browser, b"confirmation") })
    }

    /// The decision.
    pub async fn confirm(
        &self,
        confirming: &Confirming<'_>,
        csrf: &str,
        decision: Decision,
        memory: Memory,
    ) -> Result<Confirmed, ConsentError> {
        let (mut stored, pending, browser) = self.pending_confirmation(confirming).await?;
        let expected = derived(&browser, b"confirmation").sha256();
        if !Secret::parse(csrf).is_some_and(|presented| expected.verifies(&presented)) {
            return Err(ConsentError::Forged);
        }
        match decision {
            Decision::Allow => {
                let (code, now) = (self.random_secret(), self.now());
                // What was taken back before this answer does not concern it.
                stored.value.decided_at = now;
                let issued = pending.issue(&code, now);
                let answer = self.issue(&stored, issued, code, memory, true).await?;
                answer.map(Confirmed::Redirect).ok_or(ConsentError::AlreadyDecided)
            }
            Decision::SwitchAccount => self.switch_account(&stored, pending).await.map(Confirmed::SwitchAccount),
            Decision::Deny => self.refuse(&stored, pending, memory).await.map(Confirmed::Redirect),
            Decision::Undo => Err(ConsentError::Forged),
        }
    }

    async fn pending_confirmation(&self, confirming: &Confirming<'_>) -> Result<Pending, ConsentError> {
        let stored = self.ports.authorizations.get(&confirming.id).await?.ok_or(ConsentError::Expired)?;
        if stored.value.expired(self.now()) {
            return Err(ConsentError::Expired);
        }
        let Stage::PendingConfirmation(pending) = &stored.value.stage else { return Err(ConsentError::AlreadyDecided) };
        let pending = pending.clone();
        let browser = pending.binding.browser(confirming.cookie).ok_or(ConsentError::CookieMissing)?;
        Ok((stored, pending, browser))
    }

    /// Entra is asked anew, under new secrets. Whoever signs in is asked here again.
    async fn switch_account(
        &self,
        stored: &Stored<Authorization>,
        pending: PendingConfirmation,
    ) -> Result<SignIn, ConsentError> {
        let (id, state, browser) = (stored.value.id, self.random_secret(), self.random_secret());
        let scopes = scopes::downstream(pending.request.scope());
        let binding = Binding::new(&state, &browser);
        let again =
            Stage::PendingUpstream(PendingUpstream { request: pending.request, consent: Consent::Pending, binding });
        self.step(stored, again).await?.ok_or(ConsentError::AlreadyDecided)?;
        let handle = Handle::new(id.to_string(), state);
        let url = self.sign_in_url(&handle, &browser, &scopes, SignInPrompt::SelectAccount);
        Ok(SignIn { id, url, browser })
    }

    async fn refuse(
        &self,
        stored: &Stored<Authorization>,
        PendingConfirmation { request, binding, .. }: PendingConfirmation,
        memory: Memory,
    ) -> Result<Answer, ConsentError> {
        let failed = Failed { reason: "denied".into(), state_hash: Some(binding.state_hash) };
        self.step(stored, Stage::Failed(failed)).await?.ok_or(ConsentError::AlreadyDecided)?;
        let memory = memory.with_denial(request.client(), self.now());
        Ok(Answer { id: stored.value.id, location: self.access_denied(&request), memory: Some(memory) })
    }
}
