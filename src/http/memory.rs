//! The memory of this process that requests may take. docs/operations/memory.md says what each budget protects.

use std::sync::Arc;

use authorization_server::ground::{Id, Network};

use super::body::BodyPermits;
use crate::budget::{Budget, Permit, SharedBudget, Shares};

/// For requests whose caller is not known yet, on all endpoints.
const UNKNOWN_CALLERS_BYTES: usize = 8 * 1024 * 1024;
/// The part of that for their bodies, so that slow bodies leave room for requests without one.
const UNKNOWN_BODIES_BYTES: usize = 6 * 1024 * 1024;
/// The part of each for one network, where the gateway names it: an eighth.
const NETWORK_BYTES: usize = UNKNOWN_CALLERS_BYTES / 8;
const NETWORK_BODIES_BYTES: usize = UNKNOWN_BODIES_BYTES / 8;
/// For the heads and messages of all owners, parsed.
const KNOWN_CALLERS_BYTES: usize = 24 * 1024 * 1024;
/// The part of that for those of one owner.
const OWNER_BYTES: usize = 8 * 1024 * 1024;

/// For answers that must arrive and find no room in the budget of their callers, and the part of that for one of these.
const RESERVE_BYTES: usize = 4 * 1024 * 1024;
const RESERVE_SHARE_BYTES: usize = 1024 * 1024;

/// Requests for the page of connections that are served at once, and the part of that for one owner. Each holds what the store
/// answers: the owner's document, all records of the owner's grants, and one client after another.
const CONNECTIONS_PAGES_AT_ONCE: usize = 16;
const OWNER_PAGES_AT_ONCE: usize = 4;
/// Clicks of one owner on that page that are served at once: one reads much of the same.
const OWNER_CLICKS_AT_ONCE: usize = 1;
/// Requests for the operator's page that are served at once, and the part of that for one operator. Each holds two pages of
/// records: of decisions, and of clients, which may be large.
const OPERATOR_PAGES_AT_ONCE: usize = 8;
const PAGES_OF_AN_OPERATOR_AT_ONCE: usize = 4;

/// Bodies of requests whose caller is not known that are waited for at once, each for 30 s at most, and the part of that for
/// one network. Each holds a connection, and one without bytes takes next to no memory.
const LATE_BODIES_AT_ONCE: usize = 384;
const NETWORK_LATE_BODIES_AT_ONCE: usize = 64;
/// Bodies that are thrown away at once, each for 10 s at most, and the part of that for one network: each holds a connection.
const DISCARDS_AT_ONCE: usize = 256;
const NETWORK_DISCARDS_AT_ONCE: usize = 32;

/// For the heads of all connections that are not complete, besides the buffer of each.
const UNFINISHED_HEADS_BYTES: usize = 4 * 1024 * 1024;

/// Whom an answer is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Recipient {
    Owner(Id),
    Network(Network),
}

/// The budgets of one process.
pub struct Memory {
    /// Heads that are not complete.
    pub(super) unfinished_heads: Budget,
    unknown_callers: SharedBudget<Network>,
    unknown_bodies: SharedBudget<Network>,
    late_bodies: SharedBudget<Network>,
    discards: SharedBudget<Network>,
    /// Owners' requests and messages, on both transports.
    pub known_callers: Arc<SharedBudget<Id>>,
    reserve: SharedBudget<Recipient>,
    /// Places of requests for the page of connections, by owner.
    pub connections_pages: SharedBudget<Id>,
    /// Places of clicks on that page, by owner.
    pub(super) connections_clicks: Shares<Id>,
    /// Places of requests for the operator's page, by operator.
    pub(super) operator_pages: SharedBudget<Id>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            unfinished_heads: Budget::new(UNFINISHED_HEADS_BYTES),
            unknown_callers: SharedBudget::new(UNKNOWN_CALLERS_BYTES, NETWORK_BYTES),
            unknown_bodies: SharedBudget::new(UNKNOWN_BODIES_BYTES, NETWORK_BODIES_BYTES),
            late_bodies: SharedBudget::new(LATE_BODIES_AT_ONCE, NETWORK_LATE_BODIES_AT_ONCE),
            discards: SharedBudget::new(DISCARDS_AT_ONCE, NETWORK_DISCARDS_AT_ONCE),
            known_callers: Arc::new(SharedBudget::new(KNOWN_CALLERS_BYTES, OWNER_BYTES)),
            reserve: SharedBudget::new(RESERVE_BYTES, RESERVE_SHARE_BYTES),
            connections_pages: SharedBudget::new(CONNECTIONS_PAGES_AT_ONCE, OWNER_PAGES_AT_ONCE),
            connections_clicks: Shares::new(OWNER_CLICKS_AT_ONCE),
            operator_pages: SharedBudget::new(OPERATOR_PAGES_AT_ONCE, PAGES_OF_AN_OPERATOR_AT_ONCE),
        }
    }
}

impl Memory {
    /// For the head of a request from this network, whose caller is not known.
    pub(super) fn head(&self, from: Network) -> Permit {
        Permit::of_all(of(&self.unknown_callers, from))
    }

    /// For the body of such a request.
    pub(super) fn body(&self, from: Network) -> BodyPermits {
        let bytes = [of(&self.unknown_callers, from), of(&self.unknown_bodies, from)].concat();
        BodyPermits { bytes: Permit::of_all(bytes), place: Permit::of_all(of(&self.late_bodies, from)) }
    }

    /// For the place of a body from this network that is thrown away. The network that is not known has a share like any other:
    /// callers who go past the gateway are in it, and must not take all places.
    pub(super) fn discard(&self, from: Network) -> Permit {
        self.discards.permit(from)
    }

    /// For an answer that must arrive. The network that is not known has a share like any other.
    pub(super) fn reserve(&self, of: Recipient) -> Permit {
        self.reserve.permit(of)
    }

    /// For the head of a request of this owner.
    pub(super) fn of_owner(&self, owner: Id) -> Permit {
        self.known_callers.permit(owner)
    }

    /// For the body of such a request. Its rate is limited, so it needs no place.
    pub(super) fn body_of_owner(&self, owner: Id) -> BodyPermits {
        BodyPermits { bytes: self.of_owner(owner), place: Permit::of_all([]) }
    }
}

/// Without a gateway all callers would have one share, so there is none.
fn of(budget: &SharedBudget<Network>, from: Network) -> Vec<Budget> {
    if from == Network::UNKNOWN { vec![budget.whole()] } else { budget.budgets_of(from).into() }
}
