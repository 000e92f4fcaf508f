//! Entra's signing keys. They are cached, fetched again at most once per interval for an unknown key id, and kept while the
//! endpoint is down.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use authorization_server::ground::{Clock, Unavailable};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::{
    entra_http::EntraHttp,
    unreachable::{unreachable, unread},
};
use crate::{limited_answer, telemetry::CallOutcome};

/// An unknown key id causes a fetch, but no more often than this.
const UNKNOWN_KEY_INTERVAL: Duration = Duration::minutes(5);
/// Cached keys are fetched again after this. If that fails, again after each [`UNKNOWN_KEY_INTERVAL`].
const STALE_AFTER: Duration = Duration::hours(24);
/// After a failed fetch no unknown key id causes another for this long.
const RETRY_AFTER: Duration = Duration::seconds(10);
/// The same while there are no keys at all, so that nobody can be let in.
const RETRY_WITHOUT_KEYS: Duration = Duration::SECOND;

/// The longest key set. Entra publishes about ten keys, each with its certificate: some 20 KiB.
const MAX_KEYS: usize = 256 * 1024;

/// The key set of one tenant.
pub(super) struct Jwks {
    client: EntraHttp,
    url: String,
    clock: Arc<dyn Clock>,
    fetched: RwLock<Option<Arc<Fetched>>>,
    /// Held during a fetch, so only one is under way. A cached key does not wait for it.
    fetching: Mutex<()>,
    /// How many fetches failed.
    failures: AtomicU64,
}

struct Fetched {
    keys: JwkSet,
    at: OffsetDateTime,
    failed_at: Option<OffsetDateTime>,
}

/// The cache's answer for a key id.
enum Cached {
    /// The key, or that there is none.
    Answer(Option<Jwk>),
    /// A fetch is due. If it fails, the stale key is used.
    Due(Option<Jwk>),
    /// A fetch failed a moment ago.
    FailedRecently,
}

impl Jwks {
    /// The keys at this URL. They are fetched when the first one is asked for.
    pub(super) fn new(client: EntraHttp, url: String, clock: Arc<dyn Clock>) -> Self {
        let (fetched, fetching) = (RwLock::default(), Mutex::default());
        Self { client, url, clock, fetched, fetching, failures: AtomicU64::new(0) }
    }

    /// Waits until there are keys, which may be old ones. Those who come at once wait for one fetch.
    pub(super) async fn ready(&self) -> Result<(), Unavailable> {
        let has_keys = self.current().is_some_and(|fetched| !fetched.keys.keys.is_empty());
        // Without any, every id leads to the fetch that is due.
        if has_keys { Ok(()) } else { self.key("").await.map(drop) }
    }

    /// The key with this id, if Entra publishes it.
    pub(super) async fn key(&self, kid: &str) -> Result<Option<Jwk>, Unavailable> {
        let failures = self.failures.load(Ordering::Relaxed);
        match self.cached(kid) {
            Cached::Answer(key) => return Ok(key),
            Cached::FailedRecently => return Err(not_fetched()),
            Cached::Due(_) => {}
        }
        let _fetching = self.fetching.lock().await;
        let known = match self.cached(kid) {
            Cached::Answer(key) => return Ok(key),
            Cached::FailedRecently => return Err(not_fetched()),
            Cached::Due(known) => known,
        };
        // The fetch that this call waited for has failed. Another one would only make it wait longer.
        if known.is_none() && self.failures.load(Ordering::Relaxed) != failures {
            return Err(not_fetched());
        }
        self.fetch_and_keep(kid, known).await
    }

    fn cached(&self, kid: &str) -> Cached {
        let Some(fetched) = self.current() else { return Cached::Due(None) };
        let now = self.clock.now();
        let (age, since_failure) = (now - fetched.at, fetched.failed_at.map(|failed_at| now - failed_at));
        let pause = if fetched.keys.keys.is_empty() { RETRY_WITHOUT_KEYS } else { RETRY_AFTER };
        let failed_within = |pause| since_failure.is_some_and(|since| since < pause);
        match fetched.keys.find(kid).cloned() {
            Some(key) if age < STALE_AFTER || failed_within(UNKNOWN_KEY_INTERVAL) => Cached::Answer(Some(key)),
            None if age < UNKNOWN_KEY_INTERVAL => Cached::Answer(None),
            None if failed_within(pause) => Cached::FailedRecently,
            known => Cached::Due(known),
        }
    }

    async fn fetch_and_keep(&self, kid: &str, known: Option<Jwk>) -> Result<Option<Jwk>, Unavailable> {
        let now = self.clock.now();
        match self.client.calls.count(self.fetch(), |_| CallOutcome::Failed).await {
            Ok(keys) => {
                let key = keys.find(kid).cloned();
                self.keep(Fetched { keys, at: now, failed_at: None });
                Ok(key)
            }
            Err(error) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                let (keys, at) = match self.current() {
                    Some(fetched) => (fetched.keys.clone(), fetched.at),
                    None => (JwkSet { keys: Vec::new() }, OffsetDateTime::UNIX_EPOCH),
                };
                self.keep(Fetched { keys, at, failed_at: Some(now) });
                if known.is_some() {
                    tracing::warn!(counted = true, %error, "signing keys not fetched: using the cached ones");
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
        let response = self.client.http.get(&self.url).send().await.map_err(unreachable)?;
        let response = response.error_for_status().map_err(unreachable)?;
        let keys = limited_answer::read(response, MAX_KEYS, self.client.answers.permit()).await.map_err(unread)?;
        serde_json::from_slice(&keys).map_err(|error| Unavailable::upstream(format!("malformed signing keys: {error}")))
    }
}

fn not_fetched() -> Unavailable {
    Unavailable::upstream("the signing keys cannot be fetched")
}
