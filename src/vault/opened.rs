//! The data keys that a process has opened.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use time::OffsetDateTime;

use super::{aead::DataKey, ring::RingKey};

/// The keys that this process can use.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) keys: HashMap<String, Arc<DataKey>>,
    /// In the order of first use.
    order: Vec<(OffsetDateTime, Arc<DataKey>)>,
    /// Key ids of the ring that the wrapping key did not open.
    pub(super) refused: HashSet<String>,
}

impl Opened {
    pub(super) fn add(&mut self, entry: &RingKey, key: Arc<DataKey>) {
        self.order.push((entry.use_from, Arc::clone(&key)));
        self.keys.insert(entry.kid.clone(), key);
    }

    /// The newest key whose time has come. A new ring's only key counts, even if this clock is behind.
    pub(super) fn sealing(&self, now: OffsetDateTime) -> Option<&DataKey> {
        let newest = self.order.iter().rev().find(|(use_from, _)| *use_from <= now);
        newest.or(self.order.first()).map(|(_, key)| key.as_ref())
    }

    pub(super) fn find(&self, kid: &str) -> Option<&DataKey> {
        self.keys.get(kid).map(Arc::as_ref)
    }
}
