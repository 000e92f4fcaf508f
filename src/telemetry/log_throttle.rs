//! At most one log line a second for each reason, for events that anybody can cause as often as they like.

use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroU64,
    sync::{Arc, Mutex, PoisonError},
};

use authorization_server::ground::Clock;
use time::{Duration, OffsetDateTime};

/// After it a reason may have one more line.
const INTERVAL: Duration = Duration::SECOND;

/// Decides which events of one process are logged. Reasons are `'static`, so that callers cannot make new ones.
pub struct LogThrottle<R = &'static str> {
    clock: Arc<dyn Clock>,
    lines: Mutex<HashMap<R, Line>>,
}

/// The lines of a reason.
struct Line {
    /// When it may again have as many at once as it may have at most.
    full_at: OffsetDateTime,
    unwritten: u64,
}

impl<R: Eq + Hash + 'static> LogThrottle<R> {
    /// By this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, lines: Mutex::default() }
    }

    /// How many events the line to be written now stands for: this one, and those since the last line of this reason.
    /// `None` while a second has not passed since that line.
    pub(crate) fn admit(&self, reason: R) -> Option<NonZeroU64> {
        self.admit_several(reason, 1)
    }

    /// The same, where so many lines of this reason may come at once, and after that one a second.
    pub(crate) fn admit_several(&self, reason: R, at_once: u32) -> Option<NonZeroU64> {
        let now = self.clock.now();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(reason).or_insert(Line { full_at: now, unwritten: 0 });
        line.unwritten = line.unwritten.saturating_add(1);
        let latest = now + INTERVAL * at_once;
        // A clock that was set back does not silence the log.
        let was_set_back = line.full_at > latest + INTERVAL;
        let full_at = if was_set_back { now } else { line.full_at.max(now) } + INTERVAL;
        if full_at > latest {
            return None;
        }
        line.full_at = full_at;
        NonZeroU64::new(std::mem::take(&mut line.unwritten))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tests set it.
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

    fn throttle() -> (Arc<Manual>, LogThrottle) {
        let clock = Arc::new(Manual(Mutex::new(OffsetDateTime::UNIX_EPOCH)));
        (Arc::clone(&clock), LogThrottle::new(clock))
    }

    fn admitted(throttle: &LogThrottle, reason: &'static str) -> Option<u64> {
        throttle.admit(reason).map(NonZeroU64::get)
    }

    #[test]
    fn a_flood_is_one_line_a_second_and_each_line_says_how_many_refusals_it_stands_for() {
        let (clock, throttle) = throttle();
        assert_eq!(admitted(&throttle, "a"), Some(1));
        for _ in 0..999 {
            assert_eq!(admitted(&throttle, "a"), None);
        }
        clock.advance(INTERVAL - Duration::NANOSECOND);
        assert_eq!(admitted(&throttle, "a"), None);
        clock.advance(Duration::NANOSECOND);
        assert_eq!(admitted(&throttle, "a"), Some(1001));
        assert_eq!(admitted(&throttle, "a"), None);
        clock.advance(Duration::HOUR);
        assert_eq!(admitted(&throttle, "a"), Some(2));
    }

    #[test]
    fn several_lines_may_come_at_once_and_then_one_a_second() {
        let (clock, throttle) = throttle();
        let ten = || {
            let lines = (0..10).filter_map(|_| throttle.admit_several("a", 3));
            lines.map(NonZeroU64::get).collect::<Vec<_>>()
        };
        assert_eq!(ten(), [1, 1, 1]);
        clock.advance(INTERVAL);
        assert_eq!(ten(), [8]);
        clock.advance(INTERVAL * 2);
        assert_eq!(ten(), [10, 1]);
        clock.advance(Duration::HOUR);
        assert_eq!(ten(), [9, 1, 1]);
        clock.advance(-Duration::HOUR);
        assert_eq!(ten(), [8, 1, 1], "the clock was set back");
    }

    #[test]
    fn each_reason_has_its_own_line() {
        let (_, throttle) = throttle();
        assert_eq!(["a", "b", "a"].map(|reason| admitted(&throttle, reason)), [Some(1), Some(1), None]);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_the_log() {
        let (clock, throttle) = throttle();
        assert_eq!(admitted(&throttle, "a"), Some(1));
        clock.advance(-Duration::HOUR);
        assert_eq!(admitted(&throttle, "a"), Some(1));
    }
}
