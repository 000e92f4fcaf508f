//! How long a follower waits between two reads.

use std::time::Duration;

use tokio::time::Instant;

/// Silence after which it is slow.
const SILENCE: Duration = Duration::from_secs(30);
/// The pause of a slow follower.
const SLOW: Duration = Duration::from_secs(1);

/// Fast while something happens, slow after silence.
pub(super) struct Pace {
    fast: Duration,
    last_heard: Instant,
}

impl Pace {
    /// Begins fast, with this pause.
    pub(super) fn new(fast: Duration) -> Self {
        Self { fast, last_heard: Instant::now() }
    }

    /// Something happened.
    pub(super) fn heard(&mut self) {
        self.last_heard = Instant::now();
    }

    /// The pause before the next read.
    pub(super) fn pause(&self) -> Duration {
        if self.last_heard.elapsed() < SILENCE { self.fast } else { self.fast.max(SLOW) }
    }
}
