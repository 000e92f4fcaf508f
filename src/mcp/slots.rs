//! Limits of the tool calls and streams that an owner may have open at the same time. This process counts for itself.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use authorization_server::ground::{Id, OwnerLimit, Share};

/// The slots of every owner. Taking and releasing one takes constant time; only taken slots take memory.
pub(super) struct Slots {
    limit: OwnerLimit,
    taken: Mutex<HashMap<Share, NonZeroU32>>,
}

/// A slot, until it is dropped.
pub(super) struct Slot {
    slots: Arc<Slots>,
    shares: [Share; 2],
}

impl Slots {
    /// Slots, of which each owner may have as many as the limit says.
    pub(super) fn new(limit: OwnerLimit) -> Arc<Self> {
        Arc::new(Self { limit, taken: Mutex::default() })
    }

    /// A slot for this owner and client, unless one of them has taken all that it may.
    pub(super) fn take(self: &Arc<Self>, owner: Id, client: Id) -> Option<Slot> {
        let shares = self.limit.shares(owner, client);
        let mut taken = self.taken();
        if shares.iter().any(|(share, most)| taken.get(share).is_some_and(|count| count >= most)) {
            return None;
        }
        let shares = shares.map(|(share, _)| share);
        for share in shares {
            taken.entry(share).and_modify(|count| *count = count.saturating_add(1)).or_insert(NonZeroU32::MIN);
        }
        Some(Slot { slots: Arc::clone(self), shares })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Share, NonZeroU32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        for share in self.shares {
            match taken.get(&share).and_then(|count| NonZeroU32::new(count.get() - 1)) {
                Some(left) => taken.insert(share, left),
                None => taken.remove(&share),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(of_owner: u32) -> Arc<Slots> {
        Slots::new(OwnerLimit::new(NonZeroU32::new(of_owner).unwrap()))
    }

    fn take(slots: &Arc<Slots>, owner: u8, client: u8) -> Option<Slot> {
        slots.take(Id::from_bytes([owner; 16]), Id::from_bytes([client; 16]))
    }

    #[test]
    fn one_client_takes_half_of_its_owners_slots_and_the_next_client_the_rest() {
        let slots = slots(4);
        let taken: Vec<_> = (0..3).map(|_| take(&slots, 1, 1)).collect();
        assert_eq!(taken.iter().flatten().count(), 2);
        let others: Vec<_> = [2, 3, 4].map(|client| take(&slots, 1, client)).into_iter().collect();
        assert_eq!(others.iter().flatten().count(), 2);
        assert!(take(&slots, 2, 1).is_some(), "another owner of the same client");
    }

    #[test]
    fn a_dropped_slot_is_free_again_and_leaves_nothing_behind() {
        let slots = slots(2);
        let first = take(&slots, 1, 1);
        assert!(take(&slots, 1, 1).is_none());
        drop(first);
        let again = take(&slots, 1, 1);
        assert!(again.is_some());
        drop(again);
        assert!(slots.taken().is_empty());
    }
}
