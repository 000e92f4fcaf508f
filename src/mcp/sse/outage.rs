//! Outages in the log of this process.

use authorization_server::ground::Unavailable;

/// Logs that an operation fails and that it works again, but not each attempt.
#[derive(Default)]
pub(super) struct Outage {
    lasts: bool,
}

impl Outage {
    /// An attempt failed.
    pub(super) fn failed(&mut self, error: &Unavailable, message: &'static str) {
        if !self.lasts {
            tracing::warn!(%error, "{message}");
        }
        self.lasts = true;
    }

    /// An attempt succeeded.
    pub(super) fn succeeded(&mut self, message: &'static str) {
        if self.lasts {
            tracing::info!("{message}");
        }
        self.lasts = false;
    }
}
