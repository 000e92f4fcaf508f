//! Outages in the log of this process.

use authorization_server::ground::Unavailable;

/// Logs a failure when it begins and when it ends, not at each try.
#[derive(Default)]
pub(super) struct Outage {
    lasts: bool,
}

impl Outage {
    /// It failed.
    pub(super) fn goes_on(&mut self, error: &Unavailable, what: &'static str) {
        if !self.lasts {
            tracing::warn!(%error, "{what}");
        }
        self.lasts = true;
    }

    /// It works.
    pub(super) fn over(&mut self, what: &'static str) {
        if self.lasts {
            tracing::info!("{what}");
        }
        self.lasts = false;
    }
}
