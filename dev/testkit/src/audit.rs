//! An audit log that a test can read.

use std::sync::Mutex;

use authorization_server::ground::{AuditEvent, AuditLog, EventName};

use crate::lock;

/// Every event that was reported.
#[derive(Default)]
pub struct AuditTrail(Mutex<Vec<AuditEvent>>);

impl AuditLog for AuditTrail {
    fn report(&self, event: &AuditEvent) {
        lock(&self.0).push(*event);
    }
}

impl AuditTrail {
    /// The events since the last call.
    pub fn take(&self) -> Vec<AuditEvent> {
        std::mem::take(&mut lock(&self.0))
    }

    /// The names of the events since the last call.
    pub fn names(&self) -> Vec<EventName> {
        self.take().into_iter().map(|event| event.name).collect()
    }
}
