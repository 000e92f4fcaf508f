//! The form of a page that asks for consent.

use super::pages::{ConsentForm, ConsentSecrets};
use crate::{
    ground::{Sealed, Unavailable},
    server::AuthorizationServer,
    state::{
        pending_consent::{Asks, PendingConsent, SignInPrompt},
        valid_request::ValidRequest,
    },
};

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

    pub(crate) async fn open_consent(&self, sealed: &str) -> Result<Option<PendingConsent>, Unavailable> {
        self.open(&Sealed::from_text(sealed), ()).await
    }
}
