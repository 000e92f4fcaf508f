//! Spares Entra the same request again: one request at a time for the same token, and a refusal is believed for a while.
//!
//! Anybody who holds a refresh token of ours can repeat it, and so can a tool's caller. Entra throttles the application, not
//! the caller, so one caller would cost everybody their sign-in.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock, Id, Unavailable},
    state::{api::ApiScopes, claims::Claims, roles::Roles},
    upstream::{SignInRequest, SignedInUser, Upstream, UpstreamAnswer, UpstreamRefusal},
};
use moka::future::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use super::settings::claims_parameter;

/// Of refusals.
const CAPACITY: u64 = 10_000;
/// An administrator who changes a policy waits this long for the effect.
const REFUSAL_LIFETIME: Duration = Duration::seconds(30);
/// A failure may end at any moment, and callers are told to come back after a few seconds.
const FAILURE_LIFETIME: Duration = Duration::SECOND;
/// After this a refusal is dropped that nobody asked for again.
const TIME_TO_LIVE: std::time::Duration = std::time::Duration::from_mins(1);

/// A request, with the hash of its token, and the `claims` of an exchange.
#[derive(Clone, PartialEq, Eq, Hash)]
enum CacheKey {
    Refresh(TokenHash),
    OnBehalfOf(TokenHash, ApiScopes, String),
}

type TokenHash = [u8; 32];
type UpstreamResult = Result<UpstreamAnswer, UpstreamRefusal>;

/// An answer, and when it came.
struct Answered {
    answered_at: OffsetDateTime,
    answer: UpstreamResult,
}

/// [`Upstream`], asked once at a time for each token, whose refusals are cached (as RFC 2308 does for names).
pub struct NegativeCache {
    upstream: Arc<dyn Upstream>,
    clock: Arc<dyn Clock>,
    answers: Cache<CacheKey, Arc<Answered>>,
}

impl NegativeCache {
    /// In front of this upstream.
    pub fn new(upstream: Arc<dyn Upstream>, clock: Arc<dyn Clock>) -> Self {
        let answers = Cache::builder().max_capacity(CAPACITY).time_to_live(TIME_TO_LIVE).build();
        Self { upstream, clock, answers }
    }

    async fn once(&self, key: CacheKey, answer: impl Future<Output = UpstreamResult>) -> UpstreamResult {
        if self.answers.get(&key).await.is_some_and(|answered| !self.is_believed(&answered)) {
            self.answers.invalidate(&key).await;
        }
        let ask = async {
            let answer = answer.await;
            Arc::new(Answered { answered_at: self.clock.now(), answer })
        };
        let answered = self.answers.get_with_by_ref(&key, ask).await;
        if answered.answer.is_ok() {
            self.answers.invalidate(&key).await;
        }
        answered.answer.clone()
    }

    fn is_believed(&self, answered: &Answered) -> bool {
        let believed_for = match &answered.answer {
            Ok(_) => return false,
            Err(UpstreamRefusal::Unavailable(_)) => FAILURE_LIFETIME,
            Err(_) => REFUSAL_LIFETIME,
        };
        self.clock.now() - answered.answered_at < believed_for
    }
}

fn hash(token: &SecretString) -> TokenHash {
    Sha256::digest(token.expose_secret()).into()
}

#[async_trait]
impl Upstream for NegativeCache {
    fn sign_in_url(&self, request: &SignInRequest<'_>) -> String {
        self.upstream.sign_in_url(request)
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.upstream.ready().await
    }

    /// A code is redeemed once: its state was spent before.
    async fn redeem(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        nonce: &str,
    ) -> Result<SignedInUser, UpstreamRefusal> {
        self.upstream.redeem(code, verifier, nonce).await
    }

    async fn refresh(&self, refresh_token: &SecretString) -> UpstreamResult {
        let key = CacheKey::Refresh(hash(refresh_token));
        self.once(key, self.upstream.refresh(refresh_token)).await
    }

    /// Entra is asked for its keys at most, and they are cached.
    async fn roles(&self, access_token: &SecretString, owner: Id) -> Result<Roles, UpstreamRefusal> {
        self.upstream.roles(access_token, owner).await
    }

    async fn on_behalf_of(
        &self,
        assertion: &SecretString,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> UpstreamResult {
        let parameter = claims_parameter(claims).into_owned();
        let key = CacheKey::OnBehalfOf(hash(assertion), scopes.clone(), parameter);
        self.once(key, self.upstream.on_behalf_of(assertion, scopes, claims)).await
    }
}
