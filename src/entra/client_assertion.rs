//! The client assertion: a token of the managed identity, which the app's federated credential trusts. It takes the place of
//! a client secret.

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
/// How long a caller waits for the identity endpoint, with all retries.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

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

/// The source of assertions. The identity caches each one, and fetches the next before it expires.
pub struct ClientAssertion {
    identity: Identity,
    audience: &'static str,
}

impl ClientAssertion {
    /// Assertions of this identity for the federation audience of the cloud.
    pub fn new(identity: Identity, audience: &'static str) -> Self {
        Self { identity, audience }
    }

    /// A valid assertion. Fails if the identity endpoint does not answer within five seconds.
    pub async fn get(&self) -> Result<SecretString, Unavailable> {
        let scope = format!("{}/.default", self.audience);
        let token = tokio::time::timeout(TIMEOUT, self.identity.get_token(&[&scope], None)).await;
        match token {
            Ok(Ok(token)) => Ok(token.token.secret().into()),
            Ok(Err(error)) => Err(unavailable(chain(&error))),
            Err(_) => Err(unavailable("no answer within five seconds".into())),
        }
    }
}

fn unavailable(reason: String) -> Unavailable {
    Unavailable::identity_endpoint(reason)
}
