//! Writes audit events as lines of their own target, with the event's stable name in the field `event`.

use std::{num::NonZeroU64, sync::Arc};

use authorization_server::ground::{AuditEvent, AuditLog, Clock, EventName, Severity};

use super::LogThrottle;

/// The target of the lines.
pub(super) const TARGET: &str = "audit";

/// The audit log of one process. Events that anybody can cause as often as they like are counted, and written once a second
/// for each reason, or so many at once.
pub struct AuditLines(LogThrottle<Reason>);

type Reason = (EventName, Option<&'static str>, Option<&'static str>);

impl AuditLines {
    /// Counts by this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(LogThrottle::new(clock))
    }
}

/// One line. Its level is part of the code, as `tracing` demands.
macro_rules! line {
    ($level:ident, $event:ident, $requests:ident) => {
        tracing::event!(
            target: TARGET,
            tracing::Level::$level,
            event = $event.name.as_str(),
            owner = $event.owner.map(display),
            operator = $event.operator.map(display),
            grant = $event.grant.map(display),
            client = $event.client.map(display),
            authorization = $event.authorization.map(display),
            generation = $event.generation,
            endpoint = $event.endpoint,
            reason = $event.reason,
            requests = $requests.map(NonZeroU64::get),
            "{}",
            $event.name.message()
        )
    };
}

impl AuditLog for AuditLines {
    fn report(&self, event: &AuditEvent) {
        let severity = event.name.severity();
        let counted = severity.lines_at_once();
        let requests =
            counted.and_then(|at_once| self.0.admit_several((event.name, event.reason, event.endpoint), at_once));
        if counted.is_some() && requests.is_none() {
            return;
        }
        match severity {
            Severity::Routine => line!(DEBUG, event, requests),
            Severity::Change | Severity::Open | Severity::Refusal => line!(INFO, event, requests),
            Severity::Alarm | Severity::Limit => line!(WARN, event, requests),
        }
    }
}
