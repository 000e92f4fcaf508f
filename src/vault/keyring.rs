//! The keyring: data keys that all processes share, each wrapped in the store's `ring` document.
//!
//! What a process has opened it keeps, so sealing and opening ask nobody. The ring is read again now and then, and for a
//! key id that is not in it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock, Weak},
};

use async_trait::async_trait;
use authorization_server::ground::{Sealer, Unavailable};
use futures_util::future::join_all;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::{
    DataKey,
    ring::{Ring, RingKey, Rotation},
    ring_store::RingStore,
};

/// Reading the ring and opening its keys, together.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(5);
/// While there is no key at all, no more attempts than this.
const PAUSE: Duration = Duration::SECOND;
/// After a failure the ring is read again this soon, and then less and less soon.
const FIRST_PAUSE: std::time::Duration = std::time::Duration::from_millis(250);
const LONGEST_PAUSE: std::time::Duration = std::time::Duration::from_secs(5);
/// Publishing and wrapping again, which nobody waits for.
const MAINTENANCE: std::time::Duration = std::time::Duration::from_mins(1);

/// A [`Sealer`] over the ring.
pub struct Keyring {
    ring: RingStore,
    base_url: String,
    rotation: Rotation,
    opened: RwLock<Arc<Opened>>,
    /// Held while the ring is being read: one flight.
    last: Mutex<Option<Attempt>>,
}

/// The keys that this process can use.
#[derive(Default)]
struct Opened {
    keys: HashMap<String, Arc<DataKey>>,
    /// In the order of first use.
    order: Vec<(OffsetDateTime, Arc<DataKey>)>,
    /// In the ring, but their wrapping key refuses.
    refused: HashSet<String>,
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
    /// Over this ring. `base_url` names the deployment in everything that is sealed.
    #[must_use]
    pub fn new(ring: RingStore, base_url: &str, rotation: Rotation) -> Self {
        let base_url = base_url.to_owned();
        Self { ring, base_url, rotation, opened: RwLock::default(), last: Mutex::new(None) }
    }

    /// Reads the ring now and then, for as long as the keyring is used.
    pub fn keep_fresh(self: &Arc<Self>) {
        let reload = self.rotation.reload;
        let keyring = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut pause = FIRST_PAUSE;
            while let Some(outcome) = refresh(&keyring).await {
                match outcome {
                    Ok(Whole::Yes) => {
                        pause = FIRST_PAUSE;
                        tokio::time::sleep(reload).await;
                    }
                    // The vault may have been throttled for a moment, or the key be disabled for good.
                    Ok(Whole::No) => {
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(reload);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the ring is not read");
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                }
            }
        });
    }

    /// Reads the ring; then publishes, wraps again and retires keys where that is due. While the vault does not answer, the
    /// ring serves as it is.
    pub async fn refresh(&self) -> Result<(), Unavailable> {
        self.attempt(&mut *self.last.lock().await).await?;
        match tokio::time::timeout(MAINTENANCE, self.ring.maintain(&self.rotation)).await {
            Ok(Ok(false)) => Ok(()),
            Ok(Ok(true)) => self.attempt(&mut *self.last.lock().await).await,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the ring is left as it is");
                Ok(())
            }
            Err(_) => {
                tracing::warn!("the ring is left as it is: no answer in time");
                Ok(())
            }
        }
    }

    async fn attempt(&self, last: &mut Option<Attempt>) -> Result<(), Unavailable> {
        let loaded = tokio::time::timeout(LIMIT, self.load()).await;
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

    /// Opens what is new, all at once; what has been opened is kept, also while the vault is down.
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
                    tracing::error!(%error, kid = entry.kid, "a data key cannot be opened");
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

    /// What is opened; if that is nothing yet, after reading the ring.
    async fn ready(&self) -> Result<Arc<Opened>, Unavailable> {
        let opened = self.current();
        if opened.keys.is_empty() { self.read_again(PAUSE, |opened| !opened.keys.is_empty()).await } else { Ok(opened) }
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
        tokio::time::timeout(LIMIT, read).await.unwrap_or_else(|_| Err(too_late()))
    }

    fn context(&self, purpose: &str) -> String {
        format!("{purpose}/v1|{}", self.base_url)
    }
}

impl Opened {
    fn add(&mut self, entry: &RingKey, key: Arc<DataKey>) {
        self.order.push((entry.use_from, Arc::clone(&key)));
        self.keys.insert(entry.kid.clone(), key);
    }

    /// The newest key whose time has come. A new ring's only key counts, even if this clock is behind.
    fn sealing(&self, now: OffsetDateTime) -> Option<&DataKey> {
        let newest = self.order.iter().rev().find(|(use_from, _)| *use_from <= now);
        newest.or(self.order.first()).map(|(_, key)| key.as_ref())
    }

    fn find(&self, kid: &str) -> Option<&DataKey> {
        self.keys.get(kid).map(Arc::as_ref)
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
            return Err(unavailable("the data key of what is to be opened cannot be opened itself"));
        }
        Ok(opened.find(kid).and_then(|key| key.open(&self.context(purpose), sealed)))
    }
}

/// Whether every key of the ring is opened.
enum Whole {
    Yes,
    No,
}

async fn refresh(keyring: &Weak<Keyring>) -> Option<Result<Whole, Unavailable>> {
    let keyring = keyring.upgrade()?;
    let whole = |()| if keyring.current().refused.is_empty() { Whole::Yes } else { Whole::No };
    Some(keyring.refresh().await.map(whole))
}

fn too_late() -> Unavailable {
    unavailable(format!("not read within {} s", LIMIT.as_secs()))
}

fn unavailable(reason: impl Into<String>) -> Unavailable {
    Unavailable { what: "keyring", reason: reason.into() }
}
