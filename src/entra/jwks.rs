//! Entra's signing keys: cached, refreshed at most once per interval for an unknown key id, kept when it is down.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use authorization_server::ground::{Clock, Unavailable};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::token_endpoint::unreachable;

/// A flood of unknown key ids makes one fetch in this time.
const INTERVAL: Duration = Duration::minutes(5);
/// Keys are fetched anew after this, known or not; while that fails, tried once per interval.
const STALE_AFTER: Duration = Duration::hours(24);
/// After a failure nobody else asks for an unknown key id for this long.
const PAUSE: Duration = Duration::seconds(10);

/// The key set of one tenant.
pub(super) struct Jwks {
    http: reqwest::Client,
    url: String,
    clock: Arc<dyn Clock>,
    fetched: RwLock<Option<Arc<Fetched>>>,
    /// One flight. Who asks for a key that is at hand does not wait for it.
    flight: Mutex<()>,
    /// How many fetches failed.
    failures: AtomicU64,
}

struct Fetched {
    keys: JwkSet,
    at: OffsetDateTime,
    failed_at: Option<OffsetDateTime>,
}

/// What is at hand.
enum Cached {
    /// This is the answer.
    Answer(Option<Jwk>),
    /// It is time to fetch; this one is known, should that fail.
    Due(Option<Jwk>),
    /// It was tried a moment ago.
    Pausing,
}

impl Jwks {
    /// Nothing is fetched yet.
    pub(super) fn new(http: reqwest::Client, url: String, clock: Arc<dyn Clock>) -> Self {
        let (fetched, flight) = (RwLock::default(), Mutex::default());
        Self { http, url, clock, fetched, flight, failures: AtomicU64::new(0) }
    }

    /// The key with this id, if Entra publishes it.
    pub(super) async fn key(&self, kid: &str) -> Result<Option<Jwk>, Unavailable> {
        let failures = self.failures.load(Ordering::Relaxed);
        match self.cached(kid) {
            Cached::Answer(key) => return Ok(key),
            Cached::Pausing => return Err(not_fetched()),
            Cached::Due(_) => {}
        }
        let _flight = self.flight.lock().await;
        let known = match self.cached(kid) {
            Cached::Answer(key) => return Ok(key),
            Cached::Pausing => return Err(not_fetched()),
            Cached::Due(known) => known,
        };
        // Those who waited for a fetch that failed would only wait for the next.
        if known.is_none() && self.failures.load(Ordering::Relaxed) != failures {
            return Err(not_fetched());
        }
        self.fetch_and_keep(kid, known).await
    }

    fn cached(&self, kid: &str) -> Cached {
        let Some(fetched) = self.current() else { return Cached::Due(None) };
        let now = self.clock.now();
        let (age, since_failure) = (now - fetched.at, fetched.failed_at.map(|failed_at| now - failed_at));
        let failed_within = |pause| since_failure.is_some_and(|since| since < pause);
        match fetched.keys.find(kid).cloned() {
            Some(key) if age < STALE_AFTER || failed_within(INTERVAL) => Cached::Answer(Some(key)),
            None if age < INTERVAL => Cached::Answer(None),
            None if failed_within(PAUSE) => Cached::Pausing,
            known => Cached::Due(known),
        }
    }

    async fn fetch_and_keep(&self, kid: &str, known: Option<Jwk>) -> Result<Option<Jwk>, Unavailable> {
        let now = self.clock.now();
        match self.fetch().await {
            Ok(keys) => {
                let key = keys.find(kid).cloned();
                self.keep(Fetched { keys, at: now, failed_at: None });
                Ok(key)
            }
            Err(error) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                if let Some(fetched) = self.current() {
                    self.keep(Fetched { keys: fetched.keys.clone(), at: fetched.at, failed_at: Some(now) });
                }
                if known.is_some() {
                    tracing::warn!(%error, "keys not refreshed, the cached ones are kept");
                }
                known.map(Some).ok_or(error)
            }
        }
    }

    fn current(&self) -> Option<Arc<Fetched>> {
        self.fetched.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, fetched: Fetched) {
        *self.fetched.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(fetched));
    }

    async fn fetch(&self) -> Result<JwkSet, Unavailable> {
        let response = self.http.get(&self.url).send().await.map_err(|error| unreachable(&error))?;
        let response = response.error_for_status().map_err(|error| unreachable(&error))?;
        response.json().await.map_err(|error| unreachable(&error))
    }
}

fn not_fetched() -> Unavailable {
    Unavailable { what: "upstream", reason: "the keys cannot be fetched".to_owned() }
}

#[cfg(test)]
mod tests {
    use local_tenant::{Endpoint, Fault};

    use super::*;
    use crate::entra::test_rig::Rig;

    #[tokio::test]
    async fn known_keys_are_fetched_once() {
        let rig = Rig::start().await;
        for _ in 0..3 {
            assert!(rig.jwks.key(&rig.kid()).await.unwrap().is_some());
        }
        assert_eq!(rig.keys_fetched(), 1);
    }

    #[tokio::test]
    async fn a_flood_of_unknown_key_ids_makes_one_fetch_per_interval() {
        let rig = Rig::start().await;
        for interval in 1..=3 {
            for number in 0..20 {
                assert!(rig.jwks.key(&format!("unknown-{number}")).await.unwrap().is_none());
            }
            assert_eq!(rig.keys_fetched(), interval);
            rig.clock.advance(INTERVAL);
        }
    }

    #[tokio::test]
    async fn a_flood_at_once_makes_one_fetch() {
        let rig = Rig::start().await;
        let kid = rig.kid();
        let (first, second, third) = tokio::join!(rig.jwks.key(&kid), rig.jwks.key("unknown"), rig.jwks.key(&kid));
        assert!(first.unwrap().is_some() && second.unwrap().is_none() && third.unwrap().is_some());
        assert_eq!(rig.keys_fetched(), 1);
    }

    #[tokio::test]
    async fn those_who_wait_for_a_fetch_that_fails_do_not_start_another() {
        let rig = Rig::start().await;
        rig.tenant.fail_next(Endpoint::Keys, 2, Fault::Dropped).unwrap();
        let kid = rig.kid();
        let (first, second, third) = tokio::join!(rig.jwks.key(&kid), rig.jwks.key("unknown"), rig.jwks.key(&kid));
        assert!(first.is_err() && second.is_err() && third.is_err());
        assert_eq!(rig.keys_fetched(), 1);
    }

    #[tokio::test]
    async fn cached_keys_are_kept_while_the_endpoint_is_down() {
        let rig = Rig::start().await;
        let kid = rig.kid();
        assert!(rig.jwks.key(&kid).await.unwrap().is_some());
        rig.clock.advance(STALE_AFTER);
        rig.tenant.fail_next(Endpoint::Keys, 1, Fault::Status { status: 503, body: String::new() }).unwrap();
        for _ in 0..5 {
            assert!(rig.jwks.key(&kid).await.unwrap().is_some());
        }
        assert_eq!(rig.keys_fetched(), 2, "tried once, not by every sign-in");
        rig.clock.advance(INTERVAL);
        assert!(rig.jwks.key(&kid).await.unwrap().is_some());
        assert_eq!(rig.keys_fetched(), 3);
    }

    #[tokio::test]
    async fn without_any_keys_an_endpoint_that_is_down_is_an_outage() {
        let rig = Rig::start().await;
        for fault in [
            Fault::Status { status: 500, body: String::new() },
            Fault::Aadsts { number: 90033, suberror: None, claims: None },
            Fault::Throttled { retry_after: Some(1) },
            Fault::Dropped,
        ] {
            rig.tenant.fail_next(Endpoint::Keys, 1, fault).unwrap();
            assert!(rig.jwks.key("any").await.is_err());
        }
        assert!(rig.jwks.key(&rig.kid()).await.unwrap().is_some(), "it is asked again as soon as it is up");
    }

    #[tokio::test]
    async fn an_unknown_key_id_is_no_refusal_while_the_endpoint_is_down() {
        let rig = Rig::start().await;
        rig.jwks.key(&rig.kid()).await.unwrap();
        rig.clock.advance(INTERVAL);
        rig.tenant.fail_next(Endpoint::Keys, 1, Fault::Status { status: 503, body: String::new() }).unwrap();
        for _ in 0..5 {
            assert!(rig.jwks.key("rolled over").await.is_err(), "it may be Entra's next key");
        }
        assert_eq!(rig.keys_fetched(), 2, "tried once, not by every token");
        rig.clock.advance(PAUSE);
        assert!(rig.jwks.key("rolled over").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_key_at_hand_does_not_wait_for_an_unknown_one() {
        let rig = Rig::start().await;
        let kid = rig.kid();
        rig.jwks.key(&kid).await.unwrap();
        rig.clock.advance(INTERVAL);
        rig.tenant.fail_next(Endpoint::Keys, 1, Fault::Held).unwrap();
        tokio::select! {
            biased;
            unknown = rig.jwks.key("unknown") => panic!("{unknown:?}"),
            known = rig.jwks.key(&kid) => assert!(known.unwrap().is_some()),
        }
    }
}
