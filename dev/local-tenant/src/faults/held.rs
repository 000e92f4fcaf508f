//! Requests that wait until a test releases them, or until their client is gone.

use tokio::sync::watch;

/// How many wait, and how often they were released.
#[derive(Default)]
pub(crate) struct HeldRequests {
    waiting: watch::Sender<usize>,
    releases: watch::Sender<u64>,
}

/// One that waits. The server drops it when the connection is closed.
struct Waiting<'a>(&'a HeldRequests);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.send_modify(|count| *count -= 1);
    }
}

impl HeldRequests {
    pub(super) async fn hold(&self) {
        let mut releases = self.releases.subscribe();
        self.waiting.send_modify(|count| *count += 1);
        let _waiting = Waiting(self);
        // The sender lives as long as the tenant.
        let _ = releases.changed().await;
    }

    pub(super) fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }

    pub(crate) async fn until(&self, holds: impl Fn(usize) -> bool) {
        let _ = self.waiting.subscribe().wait_for(|count| holds(*count)).await;
    }
}
