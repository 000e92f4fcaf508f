//! Whether a site can be reached.

use tokio::sync::watch;

/// Open at first. Closing it closes every connection to its site, and each new one before a byte is read; the port stays
/// bound.
#[derive(Clone, Debug)]
pub struct Gate(watch::Sender<bool>);

impl Default for Gate {
    fn default() -> Self {
        Self(watch::Sender::new(true))
    }
}

impl Gate {
    /// Lets connections in.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    /// Closes all connections.
    pub fn close(&self) {
        self.0.send_replace(false);
    }

    /// Whether connections are let in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns as soon as the gate is closed.
    pub(crate) async fn closed(&self) {
        // `self` is a sender, so the channel cannot end while this waits.
        let _ = self.0.subscribe().wait_for(|open| !open).await;
    }
}
