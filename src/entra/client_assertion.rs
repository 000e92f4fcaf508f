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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use authorization_server::ground::Dependency;
    use azure_core::credentials::{AccessToken, TokenRequestOptions};
    use secrecy::ExposeSecret as _;
    use time::OffsetDateTime;
    use tokio::time::Instant;

    use super::*;

    /// Answers as a test says, and notes the scopes that it is asked for.
    #[derive(Debug)]
    struct Scripted {
        answer: fn() -> azure_core::Result<AccessToken>,
        hangs: bool,
        scopes: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl TokenCredential for Scripted {
        async fn get_token(
            &self,
            scopes: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            self.scopes.lock().unwrap().extend(scopes.iter().map(|scope| (*scope).to_owned()));
            if self.hangs {
                std::future::pending::<()>().await;
            }
            (self.answer)()
        }
    }

    fn scripted(answer: fn() -> azure_core::Result<AccessToken>, hangs: bool) -> (Arc<Scripted>, ClientAssertion) {
        let identity = Arc::new(Scripted { answer, hangs, scopes: Mutex::default() });
        (Arc::clone(&identity), ClientAssertion::new(identity, "api://AzureADTokenExchange"))
    }

    const GOOD: fn() -> azure_core::Result<AccessToken> =
        || Ok(AccessToken::new("the assertion".to_owned(), OffsetDateTime::UNIX_EPOCH));

    #[tokio::test]
    async fn the_assertion_is_the_identitys_token_for_the_federation_audience() {
        let (identity, assertion) = scripted(GOOD, false);
        assert_eq!(assertion.get().await.unwrap().expose_secret(), "the assertion");
        assert_eq!(*identity.scopes.lock().unwrap(), ["api://AzureADTokenExchange/.default"]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_the_identity_endpoint_longer_than_five_seconds() {
        let (_, assertion) = scripted(GOOD, true);
        let began = Instant::now();
        let late = assertion.get().await.unwrap_err();
        assert_eq!(
            (late.dependency, late.reason.as_str()),
            (Dependency::IdentityEndpoint, "no answer within five seconds")
        );
        assert!(began.elapsed() >= TIMEOUT && began.elapsed() < TIMEOUT + std::time::Duration::from_millis(10));
    }

    #[tokio::test]
    async fn a_refusal_of_the_identity_endpoint_is_an_outage_with_its_causes() {
        let refuse = || {
            let cause = std::io::Error::other("no identity is assigned");
            Err(azure_core::Error::with_error(azure_core::error::ErrorKind::Credential, cause, "400"))
        };
        let refused = scripted(refuse, false).1.get().await.unwrap_err();
        assert_eq!(refused.dependency, Dependency::IdentityEndpoint);
        assert!(
            refused.reason.contains("400") && refused.reason.contains("no identity is assigned"),
            "{}",
            refused.reason
        );
    }
}
