//! Entra's signing keys: cached, refreshed at most once per interval for an unknown key id, kept when it is down.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use authorization_server::ports::{Clock, Unavailable};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::token_endpoint::unreachable;

/// A flood of unknown key ids makes one fetch in this time.
const INTERVAL: Duration = Duration::minutes(5);
/// Keys are fetched anew after this, known or not; while that fails, tried once per interval.
const STALE_AFTER: Duration = Duration::hours(24);

/// The key set of one tenant.
pub(super) struct Jwks {
    http: reqwest::Client,
    url: String,
    clock: Arc<dyn Clock>,
    state: Mutex<Option<Fetched>>,
    /// How many fetches failed.
    failures: AtomicU64,
}

struct Fetched {
    keys: JwkSet,
    at: OffsetDateTime,
    failed_at: Option<OffsetDateTime>,
}

impl Jwks {
    /// Nothing is fetched yet.
    pub(super) fn new(http: reqwest::Client, url: String, clock: Arc<dyn Clock>) -> Self {
        Self { http, url, clock, state: Mutex::new(None), failures: AtomicU64::new(0) }
    }

    /// The key with this id, if Entra publishes it.
    pub(super) async fn key(&self, kid: &str) -> Result<Option<Jwk>, Unavailable> {
        let failures = self.failures.load(Ordering::Relaxed);
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        let known = state.as_ref().and_then(|fetched| fetched.keys.find(kid)).cloned();
        let due = state.as_ref().is_none_or(|fetched| {
            let age = now - fetched.at;
            let pausing = fetched.failed_at.is_some_and(|failed_at| now - failed_at < INTERVAL);
            if known.is_some() { age >= STALE_AFTER && !pausing } else { age >= INTERVAL }
        });
        if !due {
            return Ok(known);
        }
        // Those who waited for a fetch that failed would only wait for the next.
        if known.is_none() && self.failures.load(Ordering::Relaxed) != failures {
            return Err(Unavailable { what: "upstream", reason: "the keys cannot be fetched".to_owned() });
        }
        match self.fetch().await {
            Ok(keys) => {
                let key = keys.find(kid).cloned();
                *state = Some(Fetched { keys, at: now, failed_at: None });
                Ok(key)
            }
            Err(error) if known.is_some() => {
                tracing::warn!(%error, "keys not refreshed, the cached ones are kept");
                if let Some(fetched) = state.as_mut() {
                    fetched.failed_at = Some(now);
                }
                Ok(known)
            }
            Err(error) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> Result<JwkSet, Unavailable> {
        let response = self.http.get(&self.url).send().await.map_err(|error| unreachable(&error))?;
        let response = response.error_for_status().map_err(|error| unreachable(&error))?;
        response.json().await.map_err(|error| unreachable(&error))
    }
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
        assert!(rig.jwks.key("rolled over").await.is_err(), "it may be Entra's next key");
    }
}
