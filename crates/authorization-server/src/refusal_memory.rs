//! The refusals of the upstream for which owners were sent to sign in. The same refusal after that sign-in is one that no
//! sign-in mends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use time::{Duration, OffsetDateTime};

use crate::ground::Id;

/// A refusal is forgotten after this.
const REMEMBERED_FOR: Duration = Duration::days(1);
const OWNERS: usize = 10_000;
/// The forms in which the upstream refuses one owner: by exchange and by refresh, with and without claims.
const REASONS: usize = 8;

struct Refusal {
    reason: String,
    at: OffsetDateTime,
}

/// The refusals of each owner, oldest first. Each process remembers its own, so with several processes an owner may be sent to
/// sign in once by each.
pub(crate) struct RefusalMemory(Mutex<LruCache<Id, Vec<Refusal>>>);

impl Default for RefusalMemory {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl RefusalMemory {
    /// When the owner was first refused for this reason, if no exchange has succeeded since.
    pub(crate) fn since(&self, owner: Id, reason: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let mut owners = self.lock();
        let refusal = owners.get(&owner)?.iter().find(|refusal| refusal.reason == reason)?;
        (now - refusal.at < REMEMBERED_FOR).then_some(refusal.at)
    }

    /// The owner was refused for this reason.
    pub(crate) fn note(&self, owner: Id, reason: &str, now: OffsetDateTime) {
        if self.since(owner, reason, now).is_some() {
            return;
        }
        let mut owners = self.lock();
        let refusals = owners.get_or_insert_mut(owner, Vec::new);
        refusals.retain(|refusal| refusal.reason != reason);
        if refusals.len() == REASONS {
            refusals.remove(0);
        }
        refusals.push(Refusal { reason: reason.to_owned(), at: now });
        if owners.len() > OWNERS {
            owners.pop_lru();
        }
    }

    /// An exchange of the owner has succeeded.
    pub(crate) fn forget(&self, owner: Id) {
        self.lock().pop(&owner);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Id, Vec<Refusal>>> {
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
    fn refusals_that_alternate_are_each_remembered_until_an_exchange_succeeds() {
        let memory = RefusalMemory::default();
        for hour in 0..4 {
            memory.note(OWNER, ["exchange", "refresh"][hour % 2], NOW + Duration::hours(i64::try_from(hour).unwrap()));
        }
        let since = |reason| memory.since(OWNER, reason, NOW + Duration::hours(4));
        assert_eq!((since("exchange"), since("refresh")), (Some(NOW), Some(NOW + Duration::HOUR)));
        memory.forget(OWNER);
        assert_eq!(memory.since(OWNER, "exchange", NOW), None);
    }

    #[test]
    fn of_an_owner_so_many_reasons_are_kept() {
        let memory = RefusalMemory::default();
        (0..=REASONS).for_each(|number| memory.note(OWNER, &number.to_string(), NOW));
        let kept = (0..=REASONS).filter(|number| memory.since(OWNER, &number.to_string(), NOW).is_some());
        assert!(kept.eq(1..=REASONS));
    }

    #[test]
    fn a_full_memory_forgets_the_owner_who_was_refused_longest_ago() {
        let memory = RefusalMemory::default();
        let owner = |number: usize| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            Id::from_bytes(bytes)
        };
        (0..=OWNERS).for_each(|number| memory.note(owner(number), "one", NOW));
        assert_eq!(memory.since(owner(0), "one", NOW), None);
        assert!([1, OWNERS].map(|kept| memory.since(owner(kept), "one", NOW)).iter().all(Option::is_some));
    }
}
