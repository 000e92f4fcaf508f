//! The forms of the pages that ask for consent, before the sign-in and after it.

use oauth_protocol::secret::Secret;

use super::pages::{ConsentForm, ConsentPage, ConsentSecrets};
use crate::{
    ground::{Id, Sealed, Unavailable},
    server::AuthorizationServer,
    state::{
        asking_client::AskingClient,
        decision::Decision,
        derived::derived,
        memory::RememberedDecisions,
        pending_consent::{Asks, PendingConsent, SignInPrompt},
        valid_request::ValidRequest,
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

impl AuthorizationServer {
    /// A form for a new transaction.
    pub(crate) async fn form(
        &self,
        request: ValidRequest,
        asks: Asks,
        sign_in: SignInPrompt,
    ) -> Result<ConsentForm, Unavailable> {
        let secrets = ConsentSecrets { binding: self.random_secret(), csrf: self.random_secret() };
        let pending = PendingConsent {
            id: self.random_id(),
            request,
            asks,
            sign_in,
            binding: secrets.binding.sha256(),
            csrf: secrets.csrf.sha256(),
            issued_at: self.now(),
        };
        Ok(ConsentForm { sealed: self.seal(&pending, ()).await?, pending, secrets })
    }

    /// The page with the whole question, which says what is added to what was allowed before.
    pub(crate) async fn whole_question(
        &self,
        client: AskingClient,
        request: ValidRequest,
        sign_in: SignInPrompt,
        memory: &RememberedDecisions,
    ) -> Result<ConsentPage, Unavailable> {
        let allowed_before = self.allowed_before(memory, &request).await?;
        let form = self.form(request, Asks::Consent, sign_in).await?;
        Ok(ConsentPage { client, form, allowed_at: None, allowed_before })
    }

    pub(crate) async fn open_consent(&self, sealed: &str) -> Result<Option<PendingConsent>, Unavailable> {
        self.open(&Sealed::from_text(sealed), ()).await
    }
}

/// The double-submit token of the page that asks after a sign-in. Only the browser that has the transaction's cookie is shown it.
pub(crate) fn confirmation_token(browser: &Secret) -> Secret {
    derived(browser, b"confirmation")
}

/// Whether a form is of the page that was shown to this browser.
pub(crate) fn made_for(browser: &Secret, csrf: &str) -> bool {
    let expected = confirmation_token(browser).sha256();
    Secret::parse(csrf).is_some_and(|presented| expected.verifies(&presented))
}
