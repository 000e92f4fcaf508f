//! The client assertion: a token of the managed identity, which the app's federated credential trusts. It takes the place of
//! a client secret.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use authorization_server::ground::{Clock, Unavailable};
use azure_core::credentials::AccessToken;
use backon::{ConstantBuilder, ExponentialBuilder, Retryable as _};
use secrecy::SecretString;

use super::workload_identity::Identity;
use crate::telemetry::chain;

/// `client_assertion_type` (RFC 7523 §2.2).
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long a request waits for an assertion.
const ASSERTION_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a sign-in waits for an assertion.
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(15);
/// Between two requests of a sign-in.
const SIGN_IN_RETRY: ConstantBuilder =
    ConstantBuilder::new().with_delay(Duration::from_millis(500)).without_max_times();
/// Between two requests in the background.
const BACKGROUND_RETRY: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(5))
    .with_jitter()
    .without_max_times();

/// The source of assertions. The identity caches each one, and fetches the next before it expires.
pub struct ManagedIdentityAssertion {
    identity: Identity,
    audience: &'static str,
    /// Used until its end if the next one does not come.
    last: Mutex<Option<AccessToken>>,
}

impl ManagedIdentityAssertion {
    /// Assertions of this identity for the federation audience of the cloud.
    pub fn new(identity: Identity, audience: &'static str) -> Self {
        Self { identity, audience, last: Mutex::default() }
    }

    /// Fetches the first assertion in the background, until that succeeds, so that the first sign-in does not wait for an
    /// identity endpoint that starts slowly.
    pub fn fetch_in_background(self: &Arc<Self>) {
        let assertion = Arc::downgrade(self);
        let attempt = move || fetch_if_wanted(assertion.clone());
        let log = |error: &Unavailable, _| tracing::warn!(%error, "client assertion not fetched: trying again");
        tokio::spawn(async move { attempt.retry(BACKGROUND_RETRY).notify(log).await });
    }

    /// A valid assertion. If the identity endpoint gives none within five seconds, the last one that has not ended.
    pub async fn get(&self, clock: &dyn Clock) -> Result<SecretString, Unavailable> {
        let assertion = match self.fetch(ASSERTION_TIMEOUT).await {
            Ok(assertion) => assertion,
            Err(error) => self.last(clock).ok_or(error)?,
        };
        Ok(assertion.token.secret().into())
    }

    /// Waits for an assertion: for a fetch that is under way too, and after one that failed for the next.
    pub async fn wait(&self, clock: &dyn Clock) -> Result<(), Unavailable> {
        let mut reason = format!("no answer within {} s", SIGN_IN_TIMEOUT.as_secs());
        let failed = |error: &Unavailable, _| reason.clone_from(&error.reason);
        let fetched = (|| self.get(clock)).retry(SIGN_IN_RETRY).notify(failed);
        let waited = tokio::time::timeout(SIGN_IN_TIMEOUT, fetched).await;
        waited.map_err(|_| unavailable(reason))?.map(drop)
    }

    async fn fetch(&self, timeout: Duration) -> Result<AccessToken, Unavailable> {
        let scope = format!("{}/.default", self.audience);
        match tokio::time::timeout(timeout, self.identity.get_token(&[&scope], None)).await {
            Ok(Ok(assertion)) => {
                *self.lock() = Some(assertion.clone());
                Ok(assertion)
            }
            Ok(Err(error)) => Err(unavailable(chain(&error))),
            Err(_) => Err(unavailable(format!("no answer within {} s", timeout.as_secs()))),
        }
    }

    fn last(&self, clock: &dyn Clock) -> Option<AccessToken> {
        self.lock().clone().filter(|last| clock.now() < last.expires_on)
    }

    fn lock(&self) -> MutexGuard<'_, Option<AccessToken>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody wants an assertion whose source was dropped.
async fn fetch_if_wanted(assertion: Weak<ManagedIdentityAssertion>) -> Result<(), Unavailable> {
    match assertion.upgrade() {
        Some(assertion) => assertion.fetch(SIGN_IN_TIMEOUT).await.map(drop),
        None => Ok(()),
    }
}

fn unavailable(reason: String) -> Unavailable {
    Unavailable::identity_endpoint(reason)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use async_trait::async_trait;
    use authorization_server::ground::Dependency;
    use azure_core::credentials::{TokenCredential, TokenRequestOptions};
    use secrecy::ExposeSecret as _;
    use time::{OffsetDateTime, macros::datetime};
    use tokio::time::Instant;

    use super::{super::workload_identity::SharedFetches, *};

    const END: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

    struct At(OffsetDateTime);

    impl Clock for At {
        fn now(&self) -> OffsetDateTime {
            self.0
        }
    }

    const BEFORE: At = At(datetime!(2026-11-24 11:59:59 UTC));

    /// The next action of the identity endpoint.
    #[derive(Clone, Copy, Debug)]
    enum Does {
        Answer,
        Fail,
        Hang,
        Panic,
        /// Answers after this many seconds.
        Delay(u64),
    }

    /// Does what a test says, and then the last of it for ever. Notes the scopes that it is asked for.
    #[derive(Debug)]
    struct Scripted {
        script: Mutex<VecDeque<Does>>,
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
            let does = {
                let mut script = self.script.lock().unwrap();
                if script.len() > 1 { script.pop_front().unwrap() } else { script[0] }
            };
            match does {
                Does::Answer => {}
                Does::Hang => std::future::pending().await,
                Does::Panic => panic!("as the test wants"),
                Does::Delay(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                Does::Fail => {
                    let cause = std::io::Error::other("no identity is assigned");
                    return Err(azure_core::Error::with_error(azure_core::error::ErrorKind::Credential, cause, "400"));
                }
            }
            Ok(AccessToken::new("the assertion".to_owned(), END))
        }
    }

    fn scripted(script: &[Does]) -> (Arc<Scripted>, Arc<ManagedIdentityAssertion>) {
        let script = Mutex::new(script.iter().copied().collect());
        let identity = Arc::new(Scripted { script, scopes: Mutex::default() });
        let shared = Arc::new(SharedFetches::of(Arc::clone(&identity) as Identity));
        (identity, Arc::new(ManagedIdentityAssertion::new(shared, "api://AzureADTokenExchange")))
    }

    #[tokio::test]
    async fn the_assertion_is_the_identitys_token_for_the_federation_audience() {
        let (identity, assertion) = scripted(&[Does::Answer]);
        assert_eq!(assertion.get(&BEFORE).await.unwrap().expose_secret(), "the assertion");
        assert_eq!(*identity.scopes.lock().unwrap(), ["api://AzureADTokenExchange/.default"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_for_the_identity_endpoint_no_longer_than_five_seconds() {
        let (_, assertion) = scripted(&[Does::Hang]);
        let began = Instant::now();
        let late = assertion.get(&BEFORE).await.unwrap_err();
        assert_eq!((late.dependency, late.reason.as_str()), (Dependency::IdentityEndpoint, "no answer within 5 s"));
        assert!(
            began.elapsed() >= ASSERTION_TIMEOUT && began.elapsed() < ASSERTION_TIMEOUT + Duration::from_millis(10)
        );
    }

    #[tokio::test]
    async fn a_refusal_of_the_identity_endpoint_is_an_outage_with_its_causes() {
        let refused = scripted(&[Does::Fail]).1.get(&BEFORE).await.unwrap_err();
        assert_eq!(refused.dependency, Dependency::IdentityEndpoint);
        assert!(
            refused.reason.contains("400") && refused.reason.contains("no identity is assigned"),
            "{}",
            refused.reason
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_assertion_is_used_until_its_end_if_the_next_one_does_not_come() {
        for fault in [Does::Fail, Does::Hang] {
            let (_, assertion) = scripted(&[Does::Answer, fault]);
            assertion.get(&BEFORE).await.unwrap();
            assert!(assertion.get(&BEFORE).await.is_ok(), "{fault:?}");
            assert!(assertion.get(&At(END)).await.is_err(), "{fault:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_waits_fifteen_seconds_for_an_endpoint_that_fails_or_is_slow() {
        for script in [
            &[Does::Fail, Does::Fail, Does::Answer][..],
            &[Does::Delay(6)],
            &[Does::Hang, Does::Answer],
            &[Does::Panic, Does::Answer],
        ] {
            scripted(script).1.wait(&BEFORE).await.unwrap();
        }
        for fault in [Does::Fail, Does::Hang] {
            let began = Instant::now();
            scripted(&[fault]).1.wait(&BEFORE).await.unwrap_err();
            assert!(
                began.elapsed() >= SIGN_IN_TIMEOUT && began.elapsed() < SIGN_IN_TIMEOUT + Duration::from_millis(10),
                "{fault:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_waits_for_a_slow_endpoint_after_the_last_assertion_has_ended() {
        let (_, assertion) = scripted(&[Does::Answer, Does::Delay(6)]);
        assertion.get(&BEFORE).await.unwrap();
        assertion.wait(&At(END)).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_comes_after_its_waiter_has_given_up_is_for_the_next_one() {
        let (identity, assertion) = scripted(&[Does::Delay(6)]);
        assertion.get(&BEFORE).await.unwrap_err();
        assertion.get(&BEFORE).await.unwrap();
        assert_eq!(identity.scopes.lock().unwrap().len(), 1, "one fetch served both");
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_assertion_is_fetched_in_the_background_until_that_succeeds() {
        let (identity, assertion) = scripted(&[Does::Fail, Does::Fail, Does::Fail, Does::Answer]);
        assertion.fetch_in_background();
        while assertion.last(&BEFORE).is_none() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        tokio::time::sleep(Duration::from_mins(5)).await;
        assert_eq!(identity.scopes.lock().unwrap().len(), 4, "and then no more");
    }

    #[tokio::test(start_paused = true)]
    async fn the_background_ends_with_the_source() {
        let (identity, assertion) = scripted(&[Does::Fail]);
        assertion.fetch_in_background();
        while identity.scopes.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(assertion);
        tokio::time::sleep(Duration::from_mins(5)).await;
        assert_eq!(identity.scopes.lock().unwrap().len(), 1);
    }
}
