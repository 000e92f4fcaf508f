//! Says in the audit log that a limit has ended what its owner was served, and which messages of the owner were refused.

use std::sync::Arc;

use authorization_server::ground::{AuditEvent, AuditLog, EventName, Holder};
use rmcp::{ErrorData, model::ServerJsonRpcMessage};
use tracing::Span;

use super::json_rpc::refusal_reason;

/// Reports what one holder meets at one endpoint, in the trace of the request that began it, whatever task meets it.
#[derive(Clone)]
pub(super) struct HolderReport {
    audit: Arc<dyn AuditLog>,
    holder: Holder,
    endpoint: &'static str,
    span: Span,
}

impl HolderReport {
    /// Of the request whose span this is.
    pub(super) fn new(audit: Arc<dyn AuditLog>, holder: Holder, endpoint: &'static str) -> Self {
        Self { audit, holder, endpoint, span: Span::current() }
    }

    /// The same at another endpoint.
    pub(super) fn at(self, endpoint: &'static str) -> Self {
        Self { endpoint, ..self }
    }

    /// The limit was reached.
    pub(super) fn reached(&self, limit: &'static str) {
        self.report(EventName::LimitReached.event().because(limit));
    }

    /// A message was answered. Each answer passes here, so that no refusal is forgotten.
    pub(super) fn answered(&self, answer: &ServerJsonRpcMessage) {
        if let ServerJsonRpcMessage::Error(answer) = answer {
            self.refused(&answer.error);
        }
    }

    /// A message got this error. A failure of ours is no refusal.
    pub(super) fn refused(&self, error: &ErrorData) {
        if let Some(reason) = refusal_reason(error) {
            self.refused_because(reason);
        }
    }

    /// A message was refused without an answer.
    pub(super) fn refused_because(&self, reason: &'static str) {
        self.report(EventName::RequestRefused.event().because(reason));
    }

    fn report(&self, event: AuditEvent) {
        let event = event.at(self.endpoint).holder(self.holder);
        self.span.in_scope(|| self.audit.report(&event));
    }
}

#[cfg(test)]
impl HolderReport {
    /// Of some holder, for a test to hear.
    pub(super) fn to(heard: &Arc<tests::Heard>) -> Self {
        Self::new(Arc::clone(heard) as _, tests::holder(), "test")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;

    use authorization_server::ground::{AuditEvent, Id};
    use serde_json::Value;
    use tracing::subscriber::with_default;
    use tracing_subscriber::{layer::SubscriberExt as _, registry};

    use super::*;
    use crate::{
        platform::{SystemClock, SystemEntropy},
        telemetry::{AuditLines, JsonLines, OwnTraces, Written, request_span},
    };

    /// The limits that were reached.
    #[derive(Default)]
    pub(in crate::mcp) struct Heard(Mutex<Vec<&'static str>>);

    impl Heard {
        pub(in crate::mcp) fn limits(&self) -> Vec<&'static str> {
            self.0.lock().unwrap().clone()
        }
    }

    impl AuditLog for Heard {
        fn report(&self, event: &AuditEvent) {
            assert_eq!(event.name, EventName::LimitReached);
            self.0.lock().unwrap().extend(event.reason);
        }
    }

    pub(super) fn holder() -> Holder {
        let id = Id::from_bytes([7; 16]);
        Holder { owner: id, client: id, grant: Some(id) }
    }

    #[test]
    fn a_limit_that_a_task_of_no_request_meets_is_reported_in_the_trace_of_what_it_ends() {
        let (written, clock) = (Written::default(), Arc::new(SystemClock));
        let (writer, audit) = (written.clone(), Arc::new(AuditLines::new(Arc::clone(&clock) as _)));
        with_default(registry().with(JsonLines::new(move || writer.clone(), clock)), || {
            let span = request_span(Some(OwnTraces::new(&SystemEntropy).begin()), Some("a caller"));
            let limits = span.in_scope(|| HolderReport::new(audit, holder(), "mcp/sse"));
            limits.reached("memory for requests");
        });
        let line: Value = serde_json::from_str(written.text().trim()).unwrap();
        assert!(line["trace_id"].is_string() && line["caller"] == "a caller", "{line}");
        let expected = ["limit_reached", "mcp/sse", "memory for requests"].map(Value::from);
        assert_eq!(["event", "endpoint", "reason"].map(|name| line[name].clone()), expected);
    }
}
