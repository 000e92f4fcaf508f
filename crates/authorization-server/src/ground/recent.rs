//! Values that were read lately.

use std::{
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;
use time::{Duration, OffsetDateTime};

/// How many are kept, unless something else is said.
const CAPACITY: usize = 10_000;

/// Values, each believed for a while after it was read. Every operation takes constant time; a full cache evicts the value that
/// was used least recently.
pub struct Recent<K, V> {
    values: Mutex<LruCache<K, (V, OffsetDateTime)>>,
    believed_for: Duration,
    capacity: usize,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// No values yet. Each value will be believed for this long after it was put in.
    #[must_use]
    pub fn believed_for(believed_for: Duration) -> Self {
        Self { values: Mutex::new(LruCache::unbounded()), believed_for, capacity: CAPACITY }
    }

    /// Keeps so many at most. For values that are large.
    #[must_use]
    pub fn at_most(self, capacity: usize) -> Self {
        Self { capacity, ..self }
    }

    /// The value, if it is still believed.
    pub fn get(&self, key: &K, now: OffsetDateTime) -> Option<V> {
        let mut values = self.lock();
        let (value, _) = values.get(key).filter(|(_, read_at)| now - *read_at < self.believed_for)?;
        Some(value.clone())
    }

    /// Keeps a value that was read at this time.
    pub fn put(&self, key: K, value: V, read_at: OffsetDateTime) {
        let mut values = self.lock();
        values.put(key, (value, read_at));
        if values.len() > self.capacity {
            values.pop_lru();
        }
    }

    /// Drops a value, so that it is read again.
    pub fn forget(&self, key: &K) {
        self.lock().pop(key);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<K, (V, OffsetDateTime)>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const LIFETIME: Duration = Duration::seconds(30);

    #[test]
    fn a_value_is_believed_as_long_as_was_said_and_until_it_is_forgotten() {
        let recent = Recent::believed_for(LIFETIME);
        recent.put(1, "one", NOW);
        assert_eq!(recent.get(&1, NOW + LIFETIME - Duration::MILLISECOND), Some("one"));
        assert_eq!((recent.get(&1, NOW + LIFETIME), recent.get(&2, NOW)), (None, None));
        recent.forget(&1);
        assert_eq!(recent.get(&1, NOW), None);
    }

    #[test]
    fn a_value_that_is_read_again_is_believed_anew() {
        let recent = Recent::believed_for(LIFETIME);
        recent.put(1, "one", NOW);
        recent.put(1, "two", NOW + LIFETIME);
        assert_eq!(recent.get(&1, NOW + LIFETIME), Some("two"));
    }

    #[test]
    fn when_it_is_full_the_value_that_was_used_least_recently_goes() {
        for (recent, capacity) in
            [(Recent::believed_for(LIFETIME), CAPACITY), (Recent::believed_for(LIFETIME).at_most(7), 7)]
        {
            (0..capacity).for_each(|key| recent.put(key, key, NOW));
            assert_eq!(recent.get(&0, NOW), Some(0), "used now");
            recent.put(capacity, capacity, NOW);
            assert_eq!((recent.get(&0, NOW), recent.get(&1, NOW)), (Some(0), None));
            assert_eq!(recent.lock().len(), capacity);
        }
    }
}
