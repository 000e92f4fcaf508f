//! What ends a session from outside: its stream, the process, or a limit.

use tokio_util::sync::CancellationToken;

use crate::mcp::limit_report::LimitReport;

/// Ends a session.
#[derive(Clone)]
pub(super) struct SessionEnd {
    /// Cancelled when the session ends.
    pub(super) stop: CancellationToken,
    pub(super) limits: LimitReport,
}

impl SessionEnd {
    /// A limit ends the session. One that has ended is not reported again.
    pub(super) fn at_limit(&self, limit: &'static str) {
        if !self.stop.is_cancelled() {
            self.limits.reached(limit);
        }
        self.stop.cancel();
    }
}
