//! What requests may take of this process's memory. docs/operations/memory.md says what each budget protects.

use std::sync::Arc;

use authorization_server::ground::Id;

use crate::budget::{Budget, Permit, SharedBudget};

/// What requests may take before their caller is known, on all endpoints.
const UNKNOWN_CALLERS_BYTES: usize = 8 * 1024 * 1024;
/// What their bodies may take of that, so that slow bodies leave room for requests without one.
const UNKNOWN_BODIES_BYTES: usize = 6 * 1024 * 1024;
/// What the messages of all owners may take, parsed.
const KNOWN_CALLERS_BYTES: usize = 24 * 1024 * 1024;
/// What the messages of one owner may take of that.
const OWNER_BYTES: usize = 8 * 1024 * 1024;

/// The budgets of one process.
pub struct Memory {
    unknown_callers: Budget,
    unknown_bodies: Budget,
    /// Owners' messages, on both transports.
    pub known_callers: Arc<SharedBudget<Id>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            unknown_callers: Budget::new(UNKNOWN_CALLERS_BYTES),
            unknown_bodies: Budget::new(UNKNOWN_BODIES_BYTES),
            known_callers: Arc::new(SharedBudget::new(KNOWN_CALLERS_BYTES, OWNER_BYTES)),
        }
    }
}

impl Memory {
    /// For the head of a request.
    pub(super) fn head(&self) -> Permit {
        self.unknown_callers.permit()
    }

    /// For the body of a caller who is not known.
    pub(super) fn body(&self) -> Permit {
        self.unknown_callers.permit_of(&self.unknown_bodies)
    }

    /// For a body of this owner.
    pub(super) fn body_of(&self, owner: Id) -> Permit {
        self.known_callers.permit(owner)
    }
}
