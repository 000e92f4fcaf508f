//! The keyring: data keys that all processes share, each wrapped in the store's `ring` document.
//!
//! A process keeps the keys that it has opened, so sealing and opening need no request. It reads the ring again at intervals,
//! and for a key id that it does not know.

use std::{
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock, Weak},
};

use async_trait::async_trait;
use authorization_server::ground::{OperationalEvent, Sealer, Unavailable};
use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::future::join_all;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::{
    aead::DataKey,
    opened::Opened,
    ring::{Ring, Rotation},
    ring_store::RingStore,
};
use crate::ports::caller_hash::CallerHash;

/// Reading the ring and opening its keys, together.
const READ_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
/// While this process has no key at all, callers read the ring no more often than this.
const READ_INTERVAL: Duration = Duration::SECOND;
/// Between attempts to read the ring in the background. An attempt that opens some keys, but not all, may wait longer.
const READ_RETRY: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(std::time::Duration::from_millis(250))
    .with_max_delay(std::time::Duration::from_secs(5))
    .without_max_times();
/// Attempts that may fail in a row while a process starts: about eight seconds.
const FAILURES_AT_START: u32 = 5;
/// Publishing keys and wrapping them again. No request waits for it.
const MAINTENANCE_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(1);

/// A [`Sealer`] over the ring.
pub struct Keyring {
    ring: RingStore,
    base_url: String,
    rotation: Rotation,
    opened: RwLock<Arc<Opened>>,
    /// Held while the ring is being read, so one caller reads it for all.
    last: Mutex<Option<Attempt>>,
}

struct Attempt {
    at: OffsetDateTime,
    failure: Option<String>,
}

impl Attempt {
    fn outcome(&self) -> Result<(), Unavailable> {
        self.failure.clone().map_or(Ok(()), |reason| Err(unavailable(reason)))
    }
}

impl Keyring {
    /// A keyring over this ring. Everything that it seals is bound to the deployment's `base_url`.
    #[must_use]
    pub fn new(ring: RingStore, base_url: &str, rotation: Rotation) -> Self {
        let base_url = base_url.to_owned();
        Self { ring, base_url, rotation, opened: RwLock::default(), last: Mutex::new(None) }
    }

    /// Reads the ring at intervals until the keyring is dropped.
    pub fn keep_fresh(self: &Arc<Self>) {
        let reload = self.rotation.reload;
        let keyring = Arc::downgrade(self);
        tokio::spawn(async move {
            // A key that does not open may be disabled for good, or Key Vault may be throttling for a moment.
            let (unread, incomplete) = (READ_RETRY, READ_RETRY.with_max_delay(reload));
            let (mut after_failure, mut after_some, mut failures) = (unread.build(), incomplete.build(), 0);
            while let Some(opening) = refresh(&keyring, failures).await {
                failures = if matches!(opening, Opening::Unread) { failures + 1 } else { 0 };
                let pause = match opening {
                    Opening::All => {
                        (after_failure, after_some) = (unread.build(), incomplete.build());
                        Some(reload)
                    }
                    Opening::Some => after_some.next(),
                    Opening::Unread => after_failure.next(),
                };
                tokio::time::sleep(pause.unwrap_or(reload)).await;
            }
        });
    }

    /// Reads the ring. Then publishes, wraps again and retires keys where that is due; if Key Vault does not answer, the ring
    /// stays unchanged.
    pub async fn refresh(&self) -> Result<(), Unavailable> {
        self.attempt(&mut *self.last.lock().await).await?;
        match tokio::time::timeout(MAINTENANCE_TIMEOUT, self.ring.maintain(&self.rotation)).await {
            Ok(Ok(false)) => Ok(()),
            Ok(Ok(true)) => self.attempt(&mut *self.last.lock().await).await,
            Ok(Err(error)) => {
                tracing::warn!(%error, "key ring unchanged: maintenance failed");
                Ok(())
            }
            Err(_) => {
                tracing::warn!("key ring unchanged: maintenance timed out");
                Ok(())
            }
        }
    }

    async fn attempt(&self, last: &mut Option<Attempt>) -> Result<(), Unavailable> {
        let loaded = tokio::time::timeout(READ_TIMEOUT, self.load()).await;
        let failure = match loaded {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.reason),
            Err(_) => Some(too_late().reason),
        };
        last.insert(Attempt { at: self.ring.clock.now(), failure }).outcome()
    }

    async fn load(&self) -> Result<(), Unavailable> {
        let ring = self.ring.read().await?;
        self.open_keys(&ring).await
    }

    /// Opens the new keys of the ring, all at once, and keeps those that are open already.
    async fn open_keys(&self, ring: &Ring) -> Result<(), Unavailable> {
        let known = self.current();
        let opening = ring.keys.iter().map(async |entry| match known.keys.get(&entry.kid) {
            Some(key) => (entry, Ok(Arc::clone(key))),
            None => (entry, self.ring.open(entry).await.map(Arc::new)),
        });
        let (mut opened, mut failure) = (Opened::default(), None);
        for (entry, key) in join_all(opening).await {
            match key {
                Ok(key) => opened.add(entry, key),
                Err(error) => {
                    let event = OperationalEvent::DataKeyNotUnwrapped.as_str();
                    tracing::error!(event, %error, kid = entry.kid, "data key not unwrapped");
                    opened.refused.insert(entry.kid.clone());
                    failure = Some(error);
                }
            }
        }
        let none = opened.keys.is_empty();
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(opened);
        failure.filter(|_| none).map_or(Ok(()), Err)
    }

    fn current(&self) -> Arc<Opened> {
        Arc::clone(&self.opened.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The opened keys. Reads the ring first if there is none.
    async fn ready(&self) -> Result<Arc<Opened>, Unavailable> {
        let opened = self.current();
        if opened.keys.is_empty() {
            self.read_again(READ_INTERVAL, |opened| !opened.keys.is_empty()).await
        } else {
            Ok(opened)
        }
    }

    /// Reads the ring, unless another caller has just done so, or an attempt was made less than `pause` ago. Waiting for
    /// another's attempt counts.
    async fn read_again(
        &self,
        pause: Duration,
        enough: impl Fn(&Opened) -> bool + Send,
    ) -> Result<Arc<Opened>, Unavailable> {
        let read = async {
            let mut last = self.last.lock().await;
            if !enough(&self.current()) {
                match last.as_ref() {
                    Some(attempt) if self.ring.clock.now() < attempt.at + pause => attempt.outcome()?,
                    _ => self.attempt(&mut last).await?,
                }
            }
            Ok(self.current())
        };
        tokio::time::timeout(READ_TIMEOUT, read).await.unwrap_or_else(|_| Err(too_late()))
    }

    fn context(&self, purpose: &str) -> String {
        [purpose, "/v1|", &self.base_url].concat()
    }
}

#[async_trait]
impl Sealer for Keyring {
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable> {
        let opened = self.ready().await?;
        let key = opened.sealing(self.ring.clock.now()).ok_or_else(|| unavailable("the ring is empty"))?;
        key.seal(self.ring.entropy.as_ref(), &self.context(purpose), plaintext)
            .map_err(|error| unavailable(error.to_string()))
    }

    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let kid = sealed.split('.').next().unwrap_or_default();
        if !DataKey::is_kid(kid) {
            return Ok(None);
        }
        let mut opened = self.ready().await?;
        if opened.find(kid).is_none() {
            opened = self.read_again(self.rotation.unknown, |opened| opened.keys.contains_key(kid)).await?;
        }
        if opened.refused.contains(kid) {
            return Err(unavailable("the data key for this text cannot be unwrapped"));
        }
        Ok(opened.find(kid).and_then(|key| key.open(&self.context(purpose), sealed)))
    }
}

/// Under the key that seals now, so a caller has another hash after each rotation.
impl CallerHash for Keyring {
    fn hash(&self, address: IpAddr) -> Option<String> {
        let opened = self.current();
        opened.sealing(self.ring.clock.now()).map(|key| key.caller(&self.base_url, address))
    }
}

/// Which keys of the ring this process could open.
enum Opening {
    All,
    Some,
    /// The ring was not read.
    Unread,
}

/// `None` if the keyring is gone. So many attempts in a row have failed before.
async fn refresh(keyring: &Weak<Keyring>, failures: u32) -> Option<Opening> {
    let keyring = keyring.upgrade()?;
    match keyring.refresh().await {
        Ok(()) if keyring.current().refused.is_empty() => Some(Opening::All),
        Ok(()) => Some(Opening::Some),
        Err(error) => {
            let is_without_key = failures >= FAILURES_AT_START && keyring.current().keys.is_empty();
            let event = is_without_key.then_some(OperationalEvent::KeyRingNotLoaded.as_str());
            tracing::warn!(event, %error, "key ring not read: trying again");
            Some(Opening::Unread)
        }
    }
}

fn too_late() -> Unavailable {
    unavailable(format!("not read within {} s", READ_TIMEOUT.as_secs()))
}

fn unavailable(reason: impl Into<String>) -> Unavailable {
    Unavailable::keyring(reason)
}
