//! The requests to the store whose number depends on time, and not on the requests of clients.

use cosmos_emulator::{Operation, Verb};

/// A process asks for the ring, its events and its heartbeat by itself. It reads the operator's blocks with a request, but with
/// one in 20 seconds only.
#[must_use]
pub fn is_by_the_clock(operation: &Operation) -> bool {
    match operation.container.as_str() {
        "keyring" | "operator" => true,
        "events" => matches!(operation.verb, Verb::Feed | Verb::Query | Verb::Upsert),
        _ => false,
    }
}
