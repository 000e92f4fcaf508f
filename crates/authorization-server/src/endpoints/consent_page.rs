//! The page that asks for consent, and the form in it.

use oauth_protocol::secret::Secret;
use time::OffsetDateTime;

use crate::{
    ground::{Sealed, Unavailable},
    server::AuthorizationServer,
    state::{
        client::Client,
        pending_consent::{Asks, PendingConsent, SignInPrompt},
        valid_request::ValidRequest,
    },
};

/// What the consent page is made from.
pub struct ConsentPage {
    /// Whom the owner is asked about.
    pub client: Client,
    /// The form.
    pub form: ConsentForm,
    /// The short question: when this was allowed before.
    pub allowed_at: Option<OffsetDateTime>,
}

/// A pending consent, sealed for its page.
pub struct ConsentForm {
    /// What is asked.
    pub pending: PendingConsent,
    /// The same, sealed.
    pub sealed: Sealed<PendingConsent>,
    /// For the cookies.
    pub secrets: ConsentSecrets,
}

/// What the browser keeps while the page is open.
pub struct ConsentSecrets {
    /// Goes into `__Host-MCP_CONSENT_STATE`.
    pub binding: Secret,
    /// Goes into `__Host-MCP_CSRF_TOKEN` and the form.
    pub csrf: Secret,
}

impl AuthorizationServer {
    /// A form under a new transaction.
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

    pub(crate) async fn open_consent(&self, sealed: &str) -> Result<Option<PendingConsent>, Unavailable> {
        self.open(&Sealed::from_text(sealed), ()).await
    }
}
