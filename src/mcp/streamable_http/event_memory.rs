//! The memory for the events of one request, which wait until their client reads them.

use rmcp::model::ServerJsonRpcMessage;

use crate::{
    budget::{Exhausted, Permit},
    kept::Kept,
    mcp::holder_report::HolderReport,
};

/// Where events count, and who hears that there is no memory for the last one.
pub(super) struct EventMemory {
    /// Of the budget in which they count.
    pub(super) permit: Permit,
    pub(super) report: HolderReport,
}

impl EventMemory {
    /// The event of a message, which counts.
    pub(super) fn event(&self, message: &ServerJsonRpcMessage) -> Result<Kept, Exhausted> {
        let text = serde_json::to_vec(message).unwrap_or_default();
        Kept::of([b"data: ", &*text, b"\n\n"].concat(), self.permit.another())
    }
}
