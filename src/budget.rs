//! Memory that callers can make this process take, in bytes, and its limits.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Semaphore, SemaphorePermit};

/// With fewer keys than this, those without bytes are not looked for.
const MIN_REMEMBERED_KEYS: usize = 256;

/// How many bytes may be kept for one purpose. Its clones share them.
#[derive(Clone)]
pub struct Budget {
    left: Arc<Semaphore>,
    part_of: Option<WholeBudget>,
}

/// The budget of which another is a share.
#[derive(Clone)]
struct WholeBudget {
    left: Arc<Semaphore>,
    bytes: usize,
    share: usize,
}

/// A budget in which the share of a key shrinks with what is left: the bytes that it has taken, divided by the bytes that are
/// left, must not exceed its share divided by the rest of the budget. One that is alone gets its whole share, and each further
/// one the same part of what the others leave. A key gets its first byte as long as one is left: where places are counted,
/// its part would soon be less than one place.
pub struct SharedBudget<K> {
    whole: Budget,
    bytes: usize,
    shares: Shares<K>,
}

/// A budget for each key, all of one size.
pub struct Shares<K> {
    bytes: usize,
    known: Mutex<KnownShares<K>>,
}

struct KnownShares<K> {
    of: HashMap<K, Weak<Semaphore>>,
    /// How many there are when those without bytes are dropped.
    search_at: usize,
}

/// Bytes of a budget. Dropping it returns them.
pub struct Permit {
    /// Each byte counts in all of them.
    budgets: Vec<Budget>,
    held: usize,
}

/// There are not enough bytes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much memory is in use")]
pub struct Exhausted;

impl Budget {
    /// A budget of this many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { left: Arc::new(Semaphore::new(bytes)), part_of: None }
    }

    /// A permit for no bytes yet.
    #[must_use]
    pub fn permit(&self) -> Permit {
        Permit::of_all([self.clone()])
    }

    /// How many bytes are left.
    #[must_use]
    pub fn available(&self) -> usize {
        self.left.available_permits()
    }

    /// One place of a budget that counts places, as soon as one is free. The first who asks is the first to get one.
    pub async fn place(&self) -> Permit {
        let mut place = self.permit();
        // The semaphore is never closed.
        if let Ok(free) = self.left.acquire().await {
            free.forget();
            place.held = 1;
        }
        place
    }

    /// Whether what is taken of it, compared with what is left of the whole, is no more than the share compared with the rest,
    /// or one byte.
    fn leaves_enough(&self) -> bool {
        self.part_of.as_ref().is_none_or(|WholeBudget { left, bytes, share }| {
            let taken = share.saturating_sub(self.available());
            taken <= 1 || taken.saturating_mul(bytes - share) <= left.available_permits().saturating_mul(*share)
        })
    }
}

impl<K: Eq + Hash> SharedBudget<K> {
    /// A budget of this many bytes, of which one key may have at most `share`.
    #[must_use]
    pub fn new(bytes: usize, share: usize) -> Self {
        Self { whole: Budget::new(bytes), bytes, shares: Shares::new(share.min(bytes)) }
    }

    /// A permit of this key for no bytes yet.
    pub fn permit(&self, key: K) -> Permit {
        Permit::of_all(self.budgets_of(key))
    }

    /// The budget of all, and the share of this key.
    pub fn budgets_of(&self, key: K) -> [Budget; 2] {
        [self.whole.clone(), self.share_of(key)]
    }

    /// The budget of all.
    #[must_use]
    pub fn whole(&self) -> Budget {
        self.whole.clone()
    }

    /// How many bytes are left.
    #[must_use]
    pub fn available(&self) -> usize {
        self.whole.available()
    }

    fn share_of(&self, key: K) -> Budget {
        let whole = WholeBudget { left: Arc::clone(&self.whole.left), bytes: self.bytes, share: self.shares.bytes };
        Budget { part_of: Some(whole), ..self.shares.of(key) }
    }
}

impl<K: Eq + Hash> Shares<K> {
    /// Budgets of this many bytes each.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { bytes, known: Mutex::new(KnownShares { of: HashMap::new(), search_at: MIN_REMEMBERED_KEYS }) }
    }

    /// The budget of this key.
    pub fn of(&self, key: K) -> Budget {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.of.len() >= known.search_at {
            known.of.retain(|_, share| share.strong_count() > 0);
            // Not at each request, if all of them have bytes.
            known.search_at = MIN_REMEMBERED_KEYS.max(2 * known.of.len());
        }
        let share = known.of.get(&key).and_then(Weak::upgrade);
        let share = share.unwrap_or_else(|| Arc::new(Semaphore::new(self.bytes)));
        known.of.insert(key, Arc::downgrade(&share));
        Budget { left: share, part_of: None }
    }
}

impl Permit {
    /// A permit for no bytes yet, of which each counts in all of these.
    #[must_use]
    pub fn of_all(budgets: impl IntoIterator<Item = Budget>) -> Self {
        Self { budgets: budgets.into_iter().collect(), held: 0 }
    }

    /// Takes more bytes, if they are there. It never waits.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let more = u32::try_from(bytes).map_err(|_| Exhausted)?;
        let takes = |budget: &&Budget| budget.left.try_acquire_many(more).map(SemaphorePermit::forget).is_ok();
        let taken = self.budgets.iter().take_while(takes).count();
        let is_allowed = bytes == 0 || self.budgets.iter().all(Budget::leaves_enough);
        if taken < self.budgets.len() || !is_allowed {
            self.budgets.iter().take(taken).for_each(|budget| budget.left.add_permits(bytes));
            return Err(Exhausted);
        }
        self.held += bytes;
        Ok(())
    }

    /// Holds this many bytes from now on.
    pub fn resize(&mut self, bytes: usize) -> Result<(), Exhausted> {
        if let Some(more) = bytes.checked_sub(self.held) {
            return self.grow(more);
        }
        self.release(self.held - bytes);
        Ok(())
    }

    /// A permit of the same budgets, for no bytes yet.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { budgets: self.budgets.clone(), held: 0 }
    }

    /// Moves this many of its bytes, or all that it has, to another permit.
    #[must_use]
    pub fn split(&mut self, bytes: usize) -> Self {
        let bytes = bytes.min(self.held);
        self.held -= bytes;
        Self { budgets: self.budgets.clone(), held: bytes }
    }

    /// Takes over the bytes of another permit of the same budgets.
    pub fn join(&mut self, mut other: Self) {
        self.held += std::mem::take(&mut other.held);
    }

    fn release(&mut self, bytes: usize) {
        self.held -= bytes;
        for budget in &self.budgets {
            budget.left.add_permits(bytes);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.release(self.held);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_permit_can_grow_and_shrink() {
        let budget = Budget::new(10);
        let mut permit = budget.permit();
        assert_eq!([permit.resize(8), permit.resize(11), permit.resize(3)], [Ok(()), Err(Exhausted), Ok(())]);
        assert_eq!(budget.available(), 7);
    }

    #[test]
    fn bytes_that_a_permit_gives_away_count_once() {
        let budget = Budget::new(10);
        let mut whole = budget.permit();
        whole.grow(8).unwrap();
        let (mut part, rest) = (whole.split(3), whole.split(9));
        assert_eq!(budget.available(), 2);
        part.join(part.another());
        whole.join(rest);
        let rest = whole.split(5);
        assert_eq!(budget.available(), 2);
        drop((whole, part));
        assert_eq!(budget.available(), 5);
        drop(rest);
        assert_eq!(budget.available(), 10);
    }

    #[test]
    fn a_byte_counts_in_every_budget_of_its_permit_or_in_none() {
        let (large, small) = (Budget::new(10), Budget::new(4));
        let mut permit = Permit::of_all([large.clone(), small.clone()]);
        assert_eq!([permit.grow(3), permit.grow(2)], [Ok(()), Err(Exhausted)]);
        assert_eq!((large.available(), small.available()), (7, 1));
        drop(permit);
        assert_eq!((large.available(), small.available()), (10, 4));
    }

    #[test]
    fn one_key_takes_its_share_and_leaves_the_rest_to_others() {
        let budget = SharedBudget::new(10, 4);
        let (mut one, mut same, mut other) = (budget.permit('a'), budget.permit('a'), budget.permit('b'));
        assert_eq!([one.grow(3), same.grow(2), other.grow(2)], [Ok(()), Err(Exhausted), Ok(())]);
        assert_eq!(budget.available(), 5);
        drop((one, other));
        assert_eq!([same.grow(4), same.grow(0)], [Ok(()); 2]);
        let mut other = budget.permit('b');
        assert_eq!([other.grow(3), other.grow(2), same.grow(0)], [Err(Exhausted), Ok(()), Ok(())]);
        drop((same, other));
        assert_eq!(budget.available(), 10);
    }

    #[test]
    fn however_many_keys_take_all_they_may_the_next_one_gets_the_same_part_of_what_is_left() {
        let budget = SharedBudget::new(24_000, 8_000);
        let mut held = Vec::new();
        let shares: Vec<usize> = (0..12)
            .map(|key| {
                let mut permit = budget.permit(key);
                while permit.grow(1).is_ok() {}
                let taken = permit.held;
                held.push(permit);
                taken
            })
            .collect();
        assert_eq!(shares[..5], [8_000, 5_333, 3_555, 2_370, 1_580]);
        assert!(shares[11] > 90 && budget.available() > 180, "{shares:?}");
        drop(held);
        assert_eq!(budget.available(), 24_000);
    }

    #[test]
    fn a_key_gets_its_first_byte_as_long_as_one_is_left() {
        let budget = SharedBudget::new(32, 4);
        let mut held = Vec::new();
        let shares = (0..22).map(|key| {
            let mut permit = budget.permit(key);
            while permit.grow(1).is_ok() {}
            held.push(permit);
            held.last().map_or(0, |permit| permit.held)
        });
        let shares: Vec<usize> = shares.collect();
        assert_eq!(shares[..8], [4, 3, 3, 2, 2, 2, 2, 1]);
        assert_eq!((&shares[8..21], shares[21]), (&[1; 13][..], 0));
    }

    #[test]
    fn a_place_is_there_once_the_one_before_it_is_free_and_for_another_key_at_once() {
        let shares = Shares::new(1);
        let taken = |key| shares.of(key).place().now_or_never();
        let first = taken('a');
        assert!(first.is_some() && taken('a').is_none() && taken('b').is_some());
        drop(first);
        assert!(taken('a').is_some());
    }

    #[test]
    fn keys_that_hold_nothing_are_forgotten() {
        let budget = SharedBudget::new(10, 4);
        let mut held = budget.permit(0);
        held.grow(4).unwrap();
        for key in 1..10_000 {
            drop(budget.permit(key));
        }
        assert!(budget.shares.known.lock().unwrap().of.len() <= MIN_REMEMBERED_KEYS);
        assert_eq!(budget.permit(0).grow(1), Err(Exhausted));
    }

    #[test]
    fn keys_that_hold_something_are_gone_through_only_when_they_have_doubled() {
        let budget = SharedBudget::new(10_000, 10);
        let held: Vec<_> = (0..1_000).map(|key| budget.permit(key)).collect();
        let search_at = || budget.shares.known.lock().unwrap().search_at;
        assert_eq!(search_at(), 4 * MIN_REMEMBERED_KEYS);
        drop(held);
        for key in 1_000..2_000 {
            drop(budget.permit(key));
        }
        assert_eq!(search_at(), MIN_REMEMBERED_KEYS);
    }
}
