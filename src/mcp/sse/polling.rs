//! How often this instance reads its log.

use std::time::Duration;

use tokio::time::Instant;

/// After this time without an event the log is read less often.
const IDLE_AFTER: Duration = Duration::from_secs(30);
/// The interval of reads while idle.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// Reads often while events come, and seldom after a time without any.
pub(super) struct Polling {
    interval: Duration,
    last_event: Instant,
}

impl Polling {
    /// Starts with this interval.
    pub(super) fn new(interval: Duration) -> Self {
        Self { interval, last_event: Instant::now() }
    }

    /// Notes that an event came, or that a caller waits for one.
    pub(super) fn wake(&mut self) {
        self.last_event = Instant::now();
    }

    /// The pause before the next read.
    pub(super) fn pause(&self) -> Duration {
        if self.last_event.elapsed() < IDLE_AFTER { self.interval } else { self.interval.max(IDLE_INTERVAL) }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const OFTEN: Duration = Duration::from_millis(100);
    const MILLISECOND: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn an_event_or_a_caller_keeps_reads_frequent_for_thirty_seconds() {
        let mut polling = Polling::new(OFTEN);
        assert_eq!(polling.pause(), OFTEN);
        advance(IDLE_AFTER.saturating_sub(MILLISECOND)).await;
        assert_eq!(polling.pause(), OFTEN);
        advance(MILLISECOND).await;
        assert_eq!(polling.pause(), IDLE_INTERVAL);
        polling.wake();
        assert_eq!(polling.pause(), OFTEN);
    }

    #[tokio::test(start_paused = true)]
    async fn an_interval_longer_than_the_idle_one_stays() {
        let seldom = IDLE_INTERVAL * 2;
        let polling = Polling::new(seldom);
        advance(IDLE_AFTER).await;
        assert_eq!(polling.pause(), seldom);
    }
}
