//! At most one log line a second for each reason, for refusals that anybody can cause as often as they like.

use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroU64,
    sync::{Arc, Mutex, PoisonError},
};

use authorization_server::ground::Clock;
use time::{Duration, OffsetDateTime};

/// Between two lines of one reason.
const INTERVAL: Duration = Duration::SECOND;

/// Decides which refusals of one process are logged. Reasons are `'static`, so that callers cannot make new ones.
pub struct LogThrottle<R = &'static str> {
    clock: Arc<dyn Clock>,
    lines: Mutex<HashMap<R, Line>>,
}

/// The last line of a reason.
struct Line {
    written_at: OffsetDateTime,
    unwritten: u64,
}

impl<R: Eq + Hash + 'static> LogThrottle<R> {
    /// By this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, lines: Mutex::default() }
    }

    /// How many refusals the line to be written now stands for: this one, and those since the last line of this reason.
    /// `None` while a second has not passed since that line.
    pub(crate) fn admit(&self, reason: R) -> Option<NonZeroU64> {
        self.admit_at(self.clock.now(), reason)
    }

    fn admit_at(&self, now: OffsetDateTime, reason: R) -> Option<NonZeroU64> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(reason).or_insert_with(|| Line { written_at: now - INTERVAL, unwritten: 0 });
        line.unwritten = line.unwritten.saturating_add(1);
        // A clock that was set back does not silence the log.
        if (now - line.written_at).abs() < INTERVAL {
            return None;
        }
        line.written_at = now;
        NonZeroU64::new(std::mem::take(&mut line.unwritten))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::SystemClock;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn throttle() -> LogThrottle {
        LogThrottle::new(Arc::new(SystemClock))
    }

    fn admitted(throttle: &LogThrottle, now: OffsetDateTime, reason: &'static str) -> Option<u64> {
        throttle.admit_at(now, reason).map(NonZeroU64::get)
    }

    #[test]
    fn a_flood_is_one_line_a_second_and_each_line_says_how_many_refusals_it_stands_for() {
        let throttle = throttle();
        assert_eq!(admitted(&throttle, START, "a"), Some(1));
        for _ in 0..999 {
            assert_eq!(admitted(&throttle, START, "a"), None);
        }
        assert_eq!(admitted(&throttle, START + INTERVAL - Duration::NANOSECOND, "a"), None);
        assert_eq!(admitted(&throttle, START + INTERVAL, "a"), Some(1001));
        assert_eq!(admitted(&throttle, START + INTERVAL, "a"), None);
        assert_eq!(admitted(&throttle, START + INTERVAL + Duration::HOUR, "a"), Some(2));
    }

    #[test]
    fn each_reason_has_its_own_line() {
        let throttle = throttle();
        assert_eq!(["a", "b", "a"].map(|reason| admitted(&throttle, START, reason)), [Some(1), Some(1), None]);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_the_log() {
        let throttle = throttle();
        assert_eq!(admitted(&throttle, START, "a"), Some(1));
        assert_eq!(admitted(&throttle, START - Duration::HOUR, "a"), Some(1));
    }

    #[test]
    fn the_time_is_the_clocks() {
        let throttle = throttle();
        assert_eq!(throttle.admit("a").map(NonZeroU64::get), Some(1));
        assert_eq!(admitted(&throttle, START, "a"), Some(1));
    }
}
