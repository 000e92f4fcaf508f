//! A clock that moves when a test says so.

use std::sync::Mutex;

use authorization_server::ground::Clock;
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::lock;

/// Stands still at a fixed time until it is advanced.
pub struct ManualClock(Mutex<OffsetDateTime>);

impl ManualClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        *lock(&self.0) += by;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self(Mutex::new(datetime!(2026-11-24 12:00 UTC)))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *lock(&self.0)
    }
}
