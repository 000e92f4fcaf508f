//! The requests to the store that each process makes by itself.

use cosmos_emulator::{Operation, Verb};

/// The ring, the operator's blocks, a process's events and its heartbeat are asked for by the clock, not by requests.
#[must_use]
pub fn is_by_the_clock(operation: &Operation) -> bool {
    match operation.container.as_str() {
        "keyring" | "operator" => true,
        "events" => matches!(operation.verb, Verb::Feed | Verb::Query | Verb::Upsert),
        _ => false,
    }
}
