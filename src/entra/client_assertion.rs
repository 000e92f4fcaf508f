//! The client assertion: a managed identity's token, which the app's federated credential trusts. No secret anywhere.

use std::sync::Arc;

use authorization_server::ground::Unavailable;
use azure_core::{
    credentials::TokenCredential,
    http::{ClientOptions, FixedRetryOptions, RetryOptions},
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use secrecy::SecretString;
use time::Duration;

use crate::telemetry::chain;

/// `client_assertion_type` (RFC 7523 §2.2).
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const TOTAL: std::time::Duration = std::time::Duration::from_secs(5);

/// The workload identity.
pub type Identity = Arc<dyn TokenCredential>;

/// A user-assigned managed identity.
pub fn managed_identity(client_id: &str) -> azure_core::Result<Identity> {
    let retry = RetryOptions::fixed(FixedRetryOptions {
        delay: Duration::milliseconds(300),
        max_retries: 2,
        max_total_elapsed: Duration::seconds(4),
    });
    Ok(ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
        user_assigned_id: Some(UserAssignedId::ClientId(client_id.to_owned())),
        client_options: ClientOptions { retry, ..ClientOptions::default() },
    }))?)
}

/// Where assertions come from. The identity caches them and fetches the next before one ends.
pub struct ClientAssertion {
    identity: Identity,
    audience: &'static str,
}

impl ClientAssertion {
    /// The assertions of an identity, for a cloud's federation audience.
    pub fn new(identity: Identity, audience: &'static str) -> Self {
        Self { identity, audience }
    }

    /// A valid assertion, within five seconds or not at all.
    pub async fn get(&self) -> Result<SecretString, Unavailable> {
        let scope = format!("{}/.default", self.audience);
        let token = tokio::time::timeout(TOTAL, self.identity.get_token(&[&scope], None)).await;
        match token {
            Ok(Ok(token)) => Ok(token.token.secret().into()),
            Ok(Err(error)) => Err(unavailable(chain(&error))),
            Err(_) => Err(unavailable("no answer within five seconds".into())),
        }
    }
}

fn unavailable(reason: String) -> Unavailable {
    Unavailable { what: "identity endpoint", reason }
}
