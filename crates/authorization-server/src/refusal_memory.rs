//! The refusals of the upstream for which owners were sent to sign in. The same refusal after that sign-in is one that no
//! sign-in mends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use time::{Duration, OffsetDateTime};

use crate::ground::Id;

/// A refusal is forgotten after this.
const REMEMBERED_FOR: Duration = Duration::days(1);
const CAPACITY: usize = 10_000;

struct Refusal {
    reason: String,
    at: OffsetDateTime,
}

/// The last refusal of each owner. Each process remembers its own, so with several processes an owner may be sent to sign in
/// once by each.
pub(crate) struct RefusalMemory(Mutex<LruCache<Id, Refusal>>);

impl Default for RefusalMemory {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl RefusalMemory {
    /// When the owner was first refused for this reason, if no exchange has succeeded since.
    pub(crate) fn since(&self, owner: Id, reason: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let mut refusals = self.lock();
        let refusal = refusals.get(&owner)?;
        (refusal.reason == reason && now - refusal.at < REMEMBERED_FOR).then_some(refusal.at)
    }

    /// The owner was refused for this reason.
    pub(crate) fn note(&self, owner: Id, reason: &str, now: OffsetDateTime) {
        let at = self.since(owner, reason, now).unwrap_or(now);
        let mut refusals = self.lock();
        refusals.put(owner, Refusal { reason: reason.to_owned(), at });
        if refusals.len() > CAPACITY {
            refusals.pop_lru();
        }
    }

    /// An exchange of the owner has succeeded.
    pub(crate) fn forget(&self, owner: Id) {
        self.lock().pop(&owner);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Id, Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);
    const OWNER: Id = Id::from_bytes([1; 16]);

    #[test]
    fn a_refusal_is_remembered_since_it_was_first_met_and_for_a_day() {
        let memory = RefusalMemory::default();
        memory.note(OWNER, "one", NOW);
        memory.note(OWNER, "one", NOW + Duration::HOUR);
        assert_eq!(memory.since(OWNER, "one", NOW + Duration::HOUR), Some(NOW));
        assert_eq!(memory.since(OWNER, "two", NOW), None);
        assert_eq!(memory.since(OWNER, "one", NOW + REMEMBERED_FOR), None);
        memory.note(OWNER, "one", NOW + REMEMBERED_FOR);
        assert_eq!(memory.since(OWNER, "one", NOW + REMEMBERED_FOR), Some(NOW + REMEMBERED_FOR));
        memory.forget(OWNER);
        assert_eq!(memory.since(OWNER, "one", NOW + REMEMBERED_FOR), None);
    }

    #[test]
    fn a_full_memory_forgets_the_owner_who_was_refused_longest_ago() {
        let memory = RefusalMemory::default();
        let owner = |number: usize| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            Id::from_bytes(bytes)
        };
        (0..=CAPACITY).for_each(|number| memory.note(owner(number), "one", NOW));
        assert_eq!(memory.since(owner(0), "one", NOW), None);
        assert!([1, CAPACITY].map(|kept| memory.since(owner(kept), "one", NOW)).iter().all(Option::is_some));
    }
}
