//! The authorization before its decision: nothing is stored, the request travels sealed in the consent page.

use oauth_protocol::secret::{Secret, SecretHash};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    authorization::ValidRequest,
    id::Id,
    ports::Unavailable,
    server::{AuthorizationServer, CONSENT_LIFETIME},
};

const PURPOSE: &str = "consent-request";

/// A valid request that waits for the owner's decision in one browser.
#[derive(Debug, Serialize, Deserialize)]
pub struct PendingConsent {
    /// Transaction id: the id of the authorization that the decision will create.
    pub id: Id,
    /// What is asked.
    pub request: ValidRequest,
    /// Of the secret in this browser's `__Host-MCP_CONSENT_STATE` cookie.
    pub binding: SecretHash,
    /// Of the double-submit token.
    pub csrf: SecretHash,
    /// When the page was made.
    pub issued_at: OffsetDateTime,
}

/// What the browser keeps while the page is open.
pub struct ConsentSecrets {
    /// Goes into `__Host-MCP_CONSENT_STATE`.
    pub binding: Secret,
    /// Goes into `__Host-MCP_CSRF_TOKEN` and the form.
    pub csrf: Secret,
}

impl PendingConsent {
    /// Whether the page is too old to decide.
    #[must_use]
    pub fn expired(&self, now: OffsetDateTime) -> bool {
        now >= self.issued_at + CONSENT_LIFETIME
    }
}

impl AuthorizationServer {
    pub(crate) fn pending_consent(&self, request: ValidRequest) -> (PendingConsent, ConsentSecrets) {
        let secrets = ConsentSecrets { binding: self.random_secret(), csrf: self.random_secret() };
        let pending = PendingConsent {
            id: Id::random(self.entropy.as_ref()),
            request,
            binding: secrets.binding.sha256(),
            csrf: secrets.csrf.sha256(),
            issued_at: self.now(),
        };
        (pending, secrets)
    }

    pub(crate) async fn seal_consent(&self, pending: &PendingConsent) -> Result<String, Unavailable> {
        let json = serde_json::to_vec(pending)
            .map_err(|error| Unavailable { what: "consent request", reason: error.to_string() })?;
        self.sealer.seal(PURPOSE, &json).await
    }

    pub(crate) async fn open_consent(&self, sealed: &str) -> Result<Option<PendingConsent>, Unavailable> {
        let opened = self.sealer.open(PURPOSE, sealed).await?;
        Ok(opened.and_then(|json| serde_json::from_slice(&json).ok()))
    }
}
