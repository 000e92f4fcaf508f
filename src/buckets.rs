//! Token buckets: each key may take as many at once as its limit allows in a minute, and after that one each time a token
//! comes back.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use authorization_server::ground::{Clock, TooMany};
use lru::LruCache;
use time::{Duration, OffsetDateTime};

/// How many buckets are remembered. A forgotten one counts as full, so nobody is refused because others call.
const MAX_BUCKETS: usize = 50_000;

/// The buckets of one process. An operation takes constant time on average. The bucket that was used least recently is forgotten
/// when it is full again, or when there are too many.
pub(crate) struct Buckets<K: Hash + Eq> {
    clock: Arc<dyn Clock>,
    /// When each bucket will be full again.
    full_at: Mutex<LruCache<K, OffsetDateTime>>,
    capacity: usize,
}

impl<K: Hash + Eq + Copy> Buckets<K> {
    /// All buckets are full.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, full_at: Mutex::new(LruCache::unbounded()), capacity: MAX_BUCKETS }
    }

    /// Takes one token from each of these buckets, or none from any.
    pub(crate) fn take(&self, wanted: &[(K, NonZeroU32)]) -> Result<(), TooMany> {
        self.take_many(1, wanted)
    }

    /// Takes so many tokens from each of these buckets, or none from any. A bucket that never holds so many gives all that it
    /// holds.
    pub(crate) fn take_many(&self, tokens: u32, wanted: &[(K, NonZeroU32)]) -> Result<(), TooMany> {
        let now = self.clock.now();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = Vec::with_capacity(wanted.len());
        for (key, per_minute) in wanted {
            // A clock that was set back makes nobody wait longer than from an empty bucket.
            let full = full_at.get(key).copied().unwrap_or(now).clamp(now, now + Duration::MINUTE);
            full_at.put(*key, full);
            after.push(full + Duration::MINUTE / per_minute.get() * tokens.min(per_minute.get()));
        }
        while full_at.len() > self.capacity {
            full_at.pop_lru();
        }
        let wait = after.iter().map(|full| *full - now - Duration::MINUTE).max().unwrap_or(Duration::ZERO);
        if let Some(wait) = wait.try_into().ok().filter(|wait| *wait > std::time::Duration::ZERO) {
            return Err(TooMany { wait });
        }
        for ((key, _), full) in wanted.iter().zip(after) {
            full_at.put(*key, full);
        }
        while full_at.peek_lru().is_some_and(|(_, full)| *full < now) {
            full_at.pop_lru();
        }
        Ok(())
    }

    /// Gives back one token to each of these buckets.
    pub(crate) fn give_back(&self, taken: &[(K, NonZeroU32)]) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, per_minute) in taken {
            if let Some(full) = full_at.get_mut(key) {
                *full -= Duration::MINUTE / per_minute.get();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();
    const ONE: NonZeroU32 = NonZeroU32::MIN;
    const SECOND: Duration = Duration::SECOND;

    struct Manual(Mutex<OffsetDateTime>);

    impl Manual {
        fn advance(&self, by: Duration) {
            *self.0.lock().unwrap() += by;
        }
    }

    impl Clock for Manual {
        fn now(&self) -> OffsetDateTime {
            *self.0.lock().unwrap()
        }
    }

    fn buckets() -> (Arc<Manual>, Buckets<u8>) {
        let clock = Arc::new(Manual(Mutex::new(OffsetDateTime::UNIX_EPOCH)));
        (Arc::clone(&clock), Buckets::new(clock))
    }

    fn wait(taken: Result<(), TooMany>) -> u64 {
        taken.map_or_else(|TooMany { wait }| wait.as_secs(), |()| 0)
    }

    #[test]
    fn a_bucket_gives_a_minutes_calls_at_once_and_then_one_each_time_a_token_comes_back() {
        let (clock, buckets) = buckets();
        let take = || wait(buckets.take(&[(1, TWO)]));
        assert_eq!([take(), take(), take()], [0, 0, 30]);
        clock.advance(29 * SECOND);
        assert_eq!(take(), 1);
        clock.advance(SECOND);
        assert_eq!([take(), take()], [0, 30]);
        clock.advance(Duration::HOUR);
        assert_eq!([take(), take(), take()], [0, 0, 30]);
    }

    #[test]
    fn an_empty_bucket_leaves_those_of_others_full() {
        let (_, buckets) = buckets();
        assert_eq!([1, 1, 1].map(|key| buckets.take(&[(key, TWO)]).is_ok()), [true, true, false]);
        assert!(buckets.take(&[(2, TWO)]).is_ok());
    }

    #[test]
    fn a_refused_call_takes_from_no_bucket() {
        let (_, buckets) = buckets();
        assert!(buckets.take(&[(1, TWO), (2, ONE)]).is_ok());
        for _ in 0..3 {
            assert!(buckets.take(&[(1, TWO), (2, ONE)]).is_err());
        }
        assert!(buckets.take(&[(1, TWO), (3, ONE)]).is_ok());
    }

    #[test]
    fn many_tokens_are_taken_together_after_the_wait_or_none_is() {
        let (clock, buckets) = buckets();
        let five = NonZeroU32::new(5).unwrap();
        let take = |tokens| wait(buckets.take_many(tokens, &[(1, five)]));
        assert_eq!([take(4), take(3), take(1), take(3)], [0, 24, 0, 36]);
        clock.advance(35 * SECOND);
        assert_eq!(take(3), 1);
        clock.advance(SECOND);
        assert_eq!([take(3), take(1)], [0, 12]);
    }

    #[test]
    fn a_bucket_that_never_holds_so_many_gives_all_that_it_holds() {
        let (clock, buckets) = buckets();
        let (five, wanted) = (NonZeroU32::new(5).unwrap(), 4);
        let take = |tokens| wait(buckets.take_many(tokens, &[(1, TWO), (2, five)]));
        assert_eq!([take(wanted), take(wanted)], [0, 60], "the second bucket had one left");
        clock.advance(59 * SECOND);
        assert_eq!(take(u32::MAX), 1);
        clock.advance(SECOND);
        assert_eq!([take(u32::MAX), take(1)], [0, 30]);
    }

    #[test]
    fn a_token_that_was_given_back_can_be_taken_again_and_a_full_bucket_holds_no_more() {
        let (clock, buckets) = buckets();
        let take = || wait(buckets.take(&[(1, TWO)]));
        assert_eq!([take(), take()], [0, 0]);
        buckets.give_back(&[(1, TWO), (2, TWO)]);
        assert_eq!([take(), take()], [0, 30]);
        clock.advance(Duration::HOUR);
        buckets.give_back(&[(1, TWO)]);
        assert_eq!([take(), take(), take()], [0, 0, 30]);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait_longer_than_an_empty_bucket_does() {
        let (clock, buckets) = buckets();
        assert!(buckets.take(&[(1, ONE)]).is_ok());
        clock.advance(-Duration::DAY);
        assert_eq!(wait(buckets.take(&[(1, ONE)])), 60);
        clock.advance(Duration::MINUTE);
        assert!(buckets.take(&[(1, ONE)]).is_ok());
    }

    #[test]
    fn more_keys_than_can_be_remembered_refuse_nobody_and_take_no_more_memory() {
        let (_, mut buckets) = buckets();
        buckets.capacity = 10;
        assert!((0..100).all(|key| buckets.take(&[(key, ONE)]).is_ok()));
        assert_eq!(buckets.full_at.lock().unwrap().len(), 10);
        assert!(buckets.take(&[(99, ONE)]).is_err());
        assert!(buckets.take(&[(0, ONE)]).is_ok());
        assert!((100..200).all(|key| buckets.take(&[(0, ONE), (key, ONE)]).is_err()));
        assert!(buckets.full_at.lock().unwrap().len() <= 10, "refused calls, too");
    }

    #[test]
    fn a_bucket_takes_memory_only_until_it_is_full_again() {
        let (clock, buckets) = buckets();
        assert!((0..100).all(|key| buckets.take(&[(key, TWO)]).is_ok()));
        clock.advance(29 * SECOND);
        assert!(buckets.take(&[(100, TWO)]).is_ok());
        assert_eq!(buckets.full_at.lock().unwrap().len(), 101);
        clock.advance(2 * SECOND);
        assert!(buckets.take(&[(101, TWO)]).is_ok());
        assert_eq!(buckets.full_at.lock().unwrap().len(), 2);
    }
}
