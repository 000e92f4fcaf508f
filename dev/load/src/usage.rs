//! The requests to the services behind the server, and the memory and time of its processes.

use std::ops::AddAssign;

use azure_tests::is_by_the_clock;
use cosmos_emulator::{Operation, Verb};
use local_tenant::Recorded;

/// Reads cost twice as much under the consistency Strong, which infra/modules/cosmos.bicep asks for:
/// <https://learn.microsoft.com/azure/cosmos-db/consistency-levels#consistency-levels-and-throughput>.
const STRONG_READ: f64 = 2.0;
/// What the service charges for an item that is missing, as for the smallest one; the emulator charges nothing. No page of
/// Microsoft's says it, but its SDKs report it: <https://github.com/Azure/azure-cosmos-dotnet-v2/issues/973>.
const MISSING: f64 = 1.0;

/// Counted, never estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Request units of what requests read and write.
    pub units: f64,
    /// Request units of what each process reads and writes by the clock: its events, its heartbeat, the ring, the blocks.
    pub units_by_the_clock: f64,
    /// Tokens from Entra.
    pub tokens: u32,
    /// Requests to Graph.
    pub graph: u32,
    /// Operations of Key Vault.
    pub vault: u32,
    /// Lines of the handlers' log.
    pub lines: u32,
    /// Seconds of the processor that the handlers took.
    pub processor: f64,
    /// Bytes of the largest handler.
    pub memory: u64,
}

impl Usage {
    /// Adds the store's operations.
    pub fn add_operations(&mut self, operations: &[Operation]) {
        for operation in operations {
            let reads = matches!(operation.verb, Verb::Read | Verb::Query | Verb::Feed);
            let charge = if operation.status == Some(404) { MISSING } else { operation.charge };
            let units = charge * if reads { STRONG_READ } else { 1.0 };
            if is_by_the_clock(operation) {
                self.units_by_the_clock += units;
            } else {
                self.units += units;
            }
        }
    }

    /// Adds what the tenant was asked. The sign-in pages and the managed identity's tokens cost nothing.
    pub fn add_requests(&mut self, requests: &[Recorded]) {
        for request in requests {
            if request.path.ends_with("/oauth2/v2.0/token") {
                self.tokens += 1;
            } else if request.path.starts_with("/v1.0/") {
                self.graph += 1;
            } else if request.path.starts_with("/keys/") {
                self.vault += 1;
            }
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        self.units += more.units;
        self.units_by_the_clock += more.units_by_the_clock;
        self.tokens += more.tokens;
        self.graph += more.graph;
        self.vault += more.vault;
        self.lines += more.lines;
        self.processor += more.processor;
        self.memory = self.memory.max(more.memory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(verb: Verb, container: &str, charge: f64) -> Operation {
        let container = container.to_owned();
        Operation { verb, container, partition: None, id: None, status: Some(200), answered: true, charge }
    }

    #[test]
    fn reads_count_twice_and_what_the_clock_asks_for_apart() {
        let mut usage = Usage::default();
        usage.add_operations(&[
            operation(Verb::Read, "owners", 1.0),
            operation(Verb::Replace, "owners", 10.0),
            operation(Verb::Create, "events", 5.0),
            operation(Verb::Query, "events", 3.0),
            operation(Verb::Read, "operator", 1.0),
        ]);
        assert_eq!((usage.units, usage.units_by_the_clock), (17.0, 8.0));
    }

    #[test]
    fn a_read_of_an_item_that_is_missing_costs_what_the_smallest_one_does() {
        let mut usage = Usage::default();
        usage.add_operations(&[Operation { status: Some(404), ..operation(Verb::Read, "operator", 0.0) }]);
        assert_eq!((usage.units, usage.units_by_the_clock), (0.0, 2.0));
    }

    #[test]
    fn a_request_counts_for_the_service_of_its_path() {
        let mut usage = Usage::default();
        let request = |path: &str| Recorded {
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: vec![],
            headers: vec![],
            form: vec![],
        };
        usage.add_requests(&["/t/oauth2/v2.0/token", "/v1.0/me", "/keys/k/1/unwrapkey", "/msi/token"].map(request));
        assert_eq!((usage.tokens, usage.graph, usage.vault), (1, 1, 1));
    }

    #[test]
    fn memory_is_that_of_the_largest_and_the_rest_adds_up() {
        let mut usage = Usage { lines: 1, memory: 9, ..Usage::default() };
        usage += Usage { lines: 2, memory: 5, ..Usage::default() };
        assert_eq!((usage.lines, usage.memory), (3, 9));
    }
}
