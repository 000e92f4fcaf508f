//! The ring in the store. Conditional writes keep processes in agreement.
//!
//! The loops are not those of the authorization server's `changes`. Its records carry an `op`, by which a write whose answer
//! was lost is recognised. The ring needs none: whatever ring is stored counts, so after each write it is read again.

use std::sync::Arc;

use authorization_server::ground::{Clock, Entropy, Unavailable};
use futures_util::future::join_all;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::{
    aead::DataKey,
    ring::{ID, Ring, RingKey, Rotation},
    wrap::KeyWrap,
};
use crate::ports::records::{Address, Container, Item, ItemStore, StoreError, Write};

/// How often a change is tried again because another process wrote first.
const ATTEMPTS: usize = 5;

/// The store of the ring, and what wraps its keys.
pub struct RingStore {
    /// The store.
    pub records: Arc<dyn ItemStore>,
    /// The wrapping key.
    pub wrap: Arc<dyn KeyWrap>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for new keys.
    pub entropy: Arc<dyn Entropy>,
}

impl RingStore {
    /// Reads the ring. Makes one if there is none.
    pub(super) async fn read(&self) -> Result<Ring, Unavailable> {
        Ok(self.stored().await?.0)
    }

    /// Publishes, wraps again and retires keys where that is due. Returns whether the ring changed.
    pub(super) async fn maintain(&self, rotation: &Rotation) -> Result<bool, Unavailable> {
        for _ in 0..ATTEMPTS {
            let (ring, item) = self.stored().await?;
            let next = self.brought_up_to_date(&ring, rotation).await?;
            if next == ring {
                return Ok(false);
            }
            if self.write(Some(&item), &next).await? {
                ring.log_changes(&next);
                return Ok(true);
            }
        }
        Err(contended())
    }

    async fn stored(&self) -> Result<(Ring, Item), Unavailable> {
        for _ in 0..ATTEMPTS {
            if let Some(item) = self.records.get(&address()).await.map_err(down)? {
                let ring = Ring::decode(item.body.clone()).map_err(|reason| down(StoreError(reason)))?;
                return Ok((ring, item));
            }
            let ring = Ring::new(vec![self.new_key(self.clock.now()).await?]);
            if self.write(None, &ring).await? {
                Ring::new(Vec::new()).log_changes(&ring);
            }
        }
        Err(contended())
    }

    /// Opens a key with the version of the wrapping key that wrapped it.
    pub(super) async fn open(&self, key: &RingKey) -> Result<DataKey, Unavailable> {
        let wrapped = key.wrapped().ok_or_else(|| down(StoreError("a wrapped key is malformed".into())))?;
        let bytes = self.wrap.unwrap(&wrapped).await?;
        let opened = DataKey::new(&bytes).map_err(|error| down(StoreError(error.to_string())))?;
        if opened.kid() == key.kid { Ok(opened) } else { Err(down(StoreError("a wrapped key has another id".into()))) }
    }

    /// The ring with keys published, retired and wrapped again. A key that cannot be opened stays unchanged.
    async fn brought_up_to_date(&self, ring: &Ring, rotation: &Rotation) -> Result<Ring, Unavailable> {
        let now = self.clock.now();
        let current = self.wrap.current().await?;
        let mut next = ring.clone();
        next.retire(now, rotation);
        let wrapping = next.keys.iter_mut().filter(|key| key.wrapped_by != current).map(async |key| {
            match self.wrapped_again(key).await {
                Ok(again) => *key = again,
                Err(error) => tracing::error!(%error, kid = key.kid, "data key not wrapped again"),
            }
        });
        join_all(wrapping).await;
        if next.is_due(now, rotation) {
            next.keys.push(self.new_key(now + rotation.lead).await?);
        }
        Ok(next)
    }

    async fn new_key(&self, use_from: OffsetDateTime) -> Result<RingKey, Unavailable> {
        let mut bytes = Zeroizing::new([0; 32]);
        self.entropy.fill(bytes.as_mut_slice());
        let key = DataKey::new(&bytes).map_err(|error| down(StoreError(error.to_string())))?;
        Ok(RingKey::new(key.kid(), &self.wrap.wrap(&bytes).await?, use_from))
    }

    async fn wrapped_again(&self, key: &RingKey) -> Result<RingKey, Unavailable> {
        let wrapped = key.wrapped().ok_or_else(|| down(StoreError("a wrapped key is malformed".into())))?;
        let bytes = self.wrap.unwrap(&wrapped).await?;
        Ok(RingKey::new(&key.kid, &self.wrap.wrap(&bytes).await?, key.use_from))
    }

    /// Writes the ring. Returns false if another write came first, or an earlier attempt of this one; then the stored ring
    /// counts.
    async fn write(&self, replaced: Option<&Item>, ring: &Ring) -> Result<bool, Unavailable> {
        let body = serde_json::to_value(ring).map_err(|error| down(StoreError(error.to_string())))?;
        let written = match replaced {
            None => self.records.create(&address(), &body, Duration::MAX).await,
            Some(item) => self.records.replace(&address(), &item.etag, &body, Duration::MAX).await,
        };
        written.map(|written| written != Write::Conflict).map_err(down)
    }
}

fn address() -> Address {
    Address { container: Container::Keyring, partition: ID.into(), id: ID.into() }
}

fn down(error: StoreError) -> Unavailable {
    Unavailable::keyring(error.0)
}

fn contended() -> Unavailable {
    down(StoreError("too many processes write the ring at once".into()))
}
