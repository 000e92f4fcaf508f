//! The proxy's activity timeout: an exchange in which no byte moves for that long is cut.

use std::{sync::Mutex, time::Duration};

use stand_in::lock;
use tokio::time::{Instant, sleep_until};

pub(crate) struct Activity {
    last: Mutex<Instant>,
    timeout: Duration,
}

impl Activity {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { last: Mutex::new(Instant::now()), timeout }
    }

    /// A byte moved.
    pub(crate) fn touch(&self) {
        *lock(&self.last) = Instant::now();
    }

    pub(crate) async fn ran_out(&self) {
        loop {
            let end = *lock(&self.last) + self.timeout;
            if Instant::now() >= end {
                return;
            }
            sleep_until(end).await;
        }
    }
}
