//! What ends a session from outside: its stream, the process, or a limit. And who hears of its limits and refusals.

use std::sync::{Arc, Once};

use tokio_util::sync::CancellationToken;

use rmcp::model::ServerJsonRpcMessage;

use crate::mcp::holder_report::HolderReport;

/// Ends a session. Each part of the session has a copy, so the report is shared.
#[derive(Clone)]
pub(super) struct SessionEnd {
    /// Cancelled when the session ends.
    pub(super) stop: CancellationToken,
    report: Arc<Report>,
}

struct Report {
    /// At the endpoint of the stream.
    limits: HolderReport,
    /// At that of messages.
    messages: HolderReport,
    reported: Once,
}

impl SessionEnd {
    /// The end of a session that `stop` ends.
    pub(super) fn new(stop: CancellationToken, limits: HolderReport) -> Self {
        let messages = limits.clone().at("mcp/message");
        Self { stop, report: Arc::new(Report { limits, messages, reported: Once::new() }) }
    }

    /// The session has answered a message.
    pub(super) fn answered(&self, answer: &ServerJsonRpcMessage) {
        self.report.messages.answered(answer);
    }

    /// The session refuses a message without an answer.
    pub(super) fn refused_because(&self, reason: &'static str) {
        self.report.messages.refused_because(reason);
    }

    /// A limit ends the session. One that has ended is not reported again.
    pub(super) fn at_limit(&self, limit: &'static str) {
        if !self.stop.is_cancelled() {
            self.report.reported.call_once(|| self.report.limits.reached(limit));
        }
        self.stop.cancel();
    }
}
