//! What ends a session from outside: its stream, the process, or a limit.

use std::sync::{Arc, Once};

use tokio_util::sync::CancellationToken;

use crate::mcp::limit_report::LimitReport;

/// Ends a session. Each part of the session has a copy, so the report is shared.
#[derive(Clone)]
pub(super) struct SessionEnd {
    /// Cancelled when the session ends.
    pub(super) stop: CancellationToken,
    report: Arc<Report>,
}

struct Report {
    limits: LimitReport,
    reported: Once,
}

impl SessionEnd {
    /// The end of a session that `stop` ends.
    pub(super) fn new(stop: CancellationToken, limits: LimitReport) -> Self {
        Self { stop, report: Arc::new(Report { limits, reported: Once::new() }) }
    }

    /// A limit ends the session. One that has ended is not reported again.
    pub(super) fn at_limit(&self, limit: &'static str) {
        if !self.stop.is_cancelled() {
            self.report.reported.call_once(|| self.report.limits.reached(limit));
        }
        self.stop.cancel();
    }
}
