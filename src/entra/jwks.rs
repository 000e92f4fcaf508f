//! Entra's signing keys: cached, refreshed at most once per interval for an unknown key id, kept when it is down.

use std::sync::Arc;

use authorization_server::ports::{Clock, Unavailable};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::token_endpoint::unreachable;

/// A flood of unknown key ids makes one fetch in this time.
const INTERVAL: Duration = Duration::minutes(5);
/// Keys are fetched anew after this, known or not.
const STALE_AFTER: Duration = Duration::hours(24);

/// The key set of one tenant.
pub(super) struct Jwks {
    http: reqwest::Client,
    url: String,
    clock: Arc<dyn Clock>,
    state: Mutex<Option<Fetched>>,
}

struct Fetched {
    keys: JwkSet,
    at: OffsetDateTime,
}

impl Jwks {
    /// Nothing is fetched yet.
    pub(super) fn new(http: reqwest::Client, url: String, clock: Arc<dyn Clock>) -> Self {
        Self { http, url, clock, state: Mutex::new(None) }
    }

    /// The key with this id, if Entra publishes it.
    pub(super) async fn key(&self, kid: &str) -> Result<Option<Jwk>, Unavailable> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        let known = state.as_ref().and_then(|fetched| fetched.keys.find(kid)).cloned();
        let due = state.as_ref().is_none_or(|fetched| {
            let age = now - fetched.at;
            age >= STALE_AFTER || (known.is_none() && age >= INTERVAL)
        });
        if !due {
            return Ok(known);
        }
        match self.fetch().await {
            Ok(keys) => {
                let key = keys.find(kid).cloned();
                *state = Some(Fetched { keys, at: now });
                Ok(key)
            }
            Err(error) if known.is_some() => {
                tracing::warn!(%error, "keys not refreshed, the cached ones are kept");
                Ok(known)
            }
            Err(error) => Err(error),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, Unavailable> {
        let response = self.http.get(&self.url).send().await.map_err(|error| unreachable(&error))?;
        let response = response.error_for_status().map_err(|error| unreachable(&error))?;
        response.json().await.map_err(|error| unreachable(&error))
    }
}
