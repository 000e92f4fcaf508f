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
    /// The events since [`AuditTrail::take`] was called last.
    #[must_use]
    pub fn events(&self) -> Vec<AuditEvent> {
        lock(&self.0).clone()
    }

    /// The same, which are then forgotten.
    pub fn take(&self) -> Vec<AuditEvent> {
        std::mem::take(&mut lock(&self.0))
    }

    /// Their names. They are then forgotten.
    pub fn names(&self) -> Vec<EventName> {
        self.take().into_iter().map(|event| event.name).collect()
    }
}
