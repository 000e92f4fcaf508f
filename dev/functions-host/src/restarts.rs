//! When a handler that failed is started again, and when the host gives up.

use std::time::Duration;

use tokio::time::Instant;

/// The failures of one handler, each within half an hour of the one before.
#[derive(Default)]
pub(crate) struct Failures {
    count: u32,
    last: Option<Instant>,
}

impl Failures {
    /// Counts one; whether the host stops instead of starting the handler again.
    pub(crate) fn are_too_many(&mut self, now: Instant) -> bool {
        const MAX_FAILURES: u32 = 3;
        const FORGOTTEN_AFTER: Duration = Duration::from_mins(30);
        let forgotten = self.last.is_some_and(|last| now - last > FORGOTTEN_AFTER);
        self.count = if forgotten { 1 } else { self.count + 1 };
        self.last = Some(now);
        self.count >= MAX_FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn the_third_failure_is_one_too_many() {
        let (mut failures, start) = (Failures::default(), Instant::now());
        let stops = [0, 29, 58].map(|minute| failures.are_too_many(start + minute * MINUTE));
        assert_eq!(stops, [false, false, true]);
    }

    #[test]
    fn half_an_hour_without_failure_starts_the_count_again() {
        let (mut failures, start) = (Failures::default(), Instant::now());
        let stops = [0, 1, 32, 33, 34].map(|minute| failures.are_too_many(start + minute * MINUTE));
        assert_eq!(stops, [false, false, false, false, true]);
    }
}
