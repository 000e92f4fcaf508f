//! The owner document: the approvals of one resource owner, the withdrawals of the last minutes, and what Entra demands.

use oauth_protocol::{redirect_uri::Receiver, resource::ResourceAddress, scope::Scope};
use time::OffsetDateTime;

use crate::{
    ground::{
        Id, Record,
        lifetimes::{APPROVAL_LIFETIME, AUTHORIZATION_LIFETIME, ENTRA_TOKEN_LIFETIME, no_end},
    },
    state::{demand::Demand, entra_client::EntraClient, valid_request::ValidRequest},
};

/// The most approvals of an owner; the oldest are forgotten.
const MAX_APPROVALS: usize = 200;
/// The most demands of an owner; the oldest are forgotten.
pub(crate) const MAX_DEMANDS: usize = 8;
/// The most withdrawals of an owner; beyond it one of every client takes their place.
const MAX_WITHDRAWALS: usize = 300;

/// One document for each owner.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The owner's partition.
    pub key: Id,
    /// The approvals that are remembered, the newest last.
    pub approvals: Vec<Approval>,
    /// Withdrawals, for as long as an authorization from before may be under way.
    pub withdrawals: Vec<Withdrawal>,
    /// The demands that Entra makes before it gives a token again, the newest last.
    pub demands: Vec<Demand>,
    /// The applications that call for the owner with tokens of Entra.
    pub entra_clients: Vec<EntraClient>,
    /// 90 days after the last change; never, while the owner refuses an application.
    pub expires_at: OffsetDateTime,
}

/// Consent to one client, receiver and scope.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The id that the browser's cookie names.
    pub id: Id,
    /// The client.
    pub client: Id,
    /// The receiver of codes.
    pub receiver: Receiver,
    /// The approved scope.
    pub scope: Scope,
    /// The address of this server that the client named last.
    pub address: Option<ResourceAddress>,
    /// The hash of the client's metadata document when the approval was given; `None` for a registered client.
    pub metadata: Option<Id>,
    /// When it was given.
    pub given_at: OffsetDateTime,
}

/// No authorization of this client that was decided before this moment leads to a grant.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// The client; `None` means every client.
    pub client: Option<Id>,
    /// The time of the withdrawal.
    pub at: OffsetDateTime,
}

impl Withdrawal {
    /// Whether something from before it can still come: an authorization, or a token of Entra of an application.
    fn counts(&self, now: OffsetDateTime) -> bool {
        let longest = if self.client.is_none() { ENTRA_TOKEN_LIFETIME } else { AUTHORIZATION_LIFETIME };
        now < self.at + longest
    }
}

impl Approval {
    /// An approval of what a request asks for.
    pub(crate) fn new(id: Id, request: &ValidRequest, now: OffsetDateTime) -> Self {
        let receiver = request.redirect().receiver();
        let (scope, address, metadata) = (request.scope().clone(), request.address(), request.metadata());
        Self { id, client: request.client(), receiver, scope, address, metadata, given_at: now }
    }

    /// Whether it is still remembered.
    #[must_use]
    pub fn stands(&self, now: OffsetDateTime) -> bool {
        now < self.given_at + APPROVAL_LIFETIME
    }

    /// Whether it is for exactly this client, as its metadata is now, and this receiver, and for at least this scope.
    #[must_use]
    pub fn covers(&self, request: &ValidRequest, now: OffsetDateTime) -> bool {
        self.client == request.client()
            && self.metadata == request.metadata()
            && self.receiver.is_same(&request.redirect().receiver())
            && request.scope().is_subset(&self.scope)
            && self.stands(now)
    }
}

impl Owner {
    pub(crate) fn new(key: Id, now: OffsetDateTime) -> Self {
        let (approvals, withdrawals, demands, entra_clients) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { key, approvals, withdrawals, demands, entra_clients, expires_at: now + APPROVAL_LIFETIME }
    }

    /// The approval with this id, if it covers the request.
    #[must_use]
    pub fn approval(&self, id: Id, request: &ValidRequest, now: OffsetDateTime) -> Option<&Approval> {
        self.approvals.iter().find(|approval| approval.id == id && approval.covers(request, now))
    }

    /// Whether the consent to this client was withdrawn at `decided_at` or later.
    #[must_use]
    pub fn withdrawn(&self, client: Id, decided_at: OffsetDateTime) -> bool {
        let concerns = |withdrawal: &&Withdrawal| withdrawal.client.is_none_or(|other| other == client);
        self.withdrawals.iter().filter(concerns).any(|withdrawal| decided_at <= withdrawal.at)
    }

    /// With one more approval. It replaces the approvals that it covers and takes over their id, which other browsers remember.
    #[must_use]
    pub fn with_approval(mut self, mut approval: Approval, now: OffsetDateTime) -> Self {
        self.approvals.retain(|other| other.stands(now));
        let replaced = |other: &Approval| {
            other.client == approval.client
                && other.receiver.is_same(&approval.receiver)
                && other.scope.is_subset(&approval.scope)
        };
        let id = self.approvals.iter().rev().find(|other| replaced(other)).map_or(approval.id, |other| other.id);
        self.approvals.retain(|other| !replaced(other));
        approval.id = id;
        self.approvals.push(approval);
        let surplus = self.approvals.len().saturating_sub(MAX_APPROVALS);
        self.approvals.drain(..surplus);
        self.touched(now)
    }

    /// Without the approvals of a client, or of all.
    #[must_use]
    pub fn without(mut self, client: Option<Id>, now: OffsetDateTime) -> Self {
        self.approvals.retain(|approval| client.is_some_and(|client| approval.client != client));
        self.note_withdrawal(client, now);
        self.touched(now)
    }

    /// A withdrawal replaces the older ones of the same client, and one of every client replaces all. It is never dated back, though
    /// the clock of another process may be ahead.
    fn note_withdrawal(&mut self, client: Option<Id>, now: OffsetDateTime) {
        self.withdrawals.retain(|withdrawal| withdrawal.counts(now));
        let is_replaced = |other: &Withdrawal| client.is_none() || other.client == client;
        let (replaced, mut kept): (Vec<_>, Vec<_>) = self.withdrawals.drain(..).partition(is_replaced);
        let at = replaced.iter().map(|withdrawal| withdrawal.at).fold(now, OffsetDateTime::max);
        kept.push(Withdrawal { client, at });
        self.withdrawals = kept;
        if self.withdrawals.len() > MAX_WITHDRAWALS {
            self.note_withdrawal(None, now);
        }
    }

    /// Whether a withdrawal of this client, or of every client, is noted.
    #[must_use]
    pub fn has_noted(&self, client: Option<Id>, now: OffsetDateTime) -> bool {
        let is_meant = |other: &Withdrawal| other.client.is_none() || other.client == client;
        self.withdrawals.iter().any(|withdrawal| is_meant(withdrawal) && withdrawal.counts(now))
    }

    /// The newest demand for claims that concerns one of these scopes.
    #[must_use]
    pub fn claims_demanded(&self, scope: &Scope, now: OffsetDateTime) -> Option<&Demand> {
        let demanded = |demand: &&Demand| demand.claims.is_some() && demand.concerns(scope) && demand.stands(now);
        self.demands.iter().rev().find(demanded)
    }

    /// The standing demand that is the same refusal.
    pub(crate) fn demand_like(&self, refused: &Demand, now: OffsetDateTime) -> Option<&Demand> {
        self.demands.iter().find(|demand| demand.is_like(refused) && demand.stands(now))
    }

    /// With one more demand, which takes the place of the same refusal for no more scopes.
    #[must_use]
    pub fn with_demand(mut self, demand: Demand, now: OffsetDateTime) -> Self {
        let replaced = |other: &Demand| other.is_like(&demand) && other.scope.is_subset(&demand.scope);
        self.demands.retain(|other| !replaced(other) && other.stands(now));
        self.demands.push(demand);
        let surplus = self.demands.len().saturating_sub(MAX_DEMANDS);
        self.demands.drain(..surplus);
        self.touched(now)
    }

    /// With a demand for which no sign-in is asked any more, for another day; `None` if it is gone.
    #[must_use]
    pub fn with_final_demand(mut self, id: Id, now: OffsetDateTime) -> Option<Self> {
        let demand = self.demands.iter_mut().find(|demand| demand.id == id)?;
        (demand.is_final, demand.at) = (true, now);
        Some(self.touched(now))
    }

    /// Whether no sign-in for these scopes helps: one was refused lately, and what it was refused for is still demanded.
    #[must_use]
    pub fn no_sign_in_helps(&self, scope: &Scope, now: OffsetDateTime) -> bool {
        self.demands.iter().any(|demand| demand.is_final && demand.concerns(scope) && demand.stands(now))
    }

    /// The same document with the rest of each demand; `None` if no demand changes.
    #[must_use]
    pub fn with_demands_left(&self, left: impl Fn(&Demand) -> Option<Demand>, now: OffsetDateTime) -> Option<Self> {
        let demands: Vec<_> = self.demands.iter().filter_map(left).collect();
        let scopes = |demands: &[Demand]| demands.iter().map(|demand| demand.scope.clone()).collect::<Vec<_>>();
        let changed = scopes(&demands) != scopes(&self.demands);
        changed.then(|| Self { demands, ..self.clone() }.touched(now))
    }

    /// Drops withdrawals that are older than any authorization, and applications that have not called for long.
    pub(super) fn touched(mut self, now: OffsetDateTime) -> Self {
        self.entra_clients.retain(|client| client.stands(now));
        self.withdrawals.retain(|withdrawal| withdrawal.counts(now));
        let has_refusal = self.entra_clients.iter().any(EntraClient::is_refused);
        self.expires_at = if has_refusal { no_end() } else { now + APPROVAL_LIFETIME };
        self
    }
}

impl Record for Owner {
    type Key = Id;
    fn key(&self) -> Id {
        self.key
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawal_is_kept_as_long_as_something_from_before_it_can_come() {
        let (now, id) = (OffsetDateTime::UNIX_EPOCH, Id::from_bytes([1; 16]));
        for (client, longest) in [(Some(id), AUTHORIZATION_LIFETIME), (None, ENTRA_TOKEN_LIFETIME)] {
            let left = |at| Owner::new(id, now).without(client, now).touched(at).withdrawals.len();
            assert_eq!((left(now + longest - time::Duration::MILLISECOND), left(now + longest)), (1, 0), "{client:?}");
        }
    }

    fn id(number: u16) -> Id {
        Id::hash_of(&[&number.to_string()])
    }

    #[test]
    fn a_withdrawal_that_is_repeated_is_noted_once_with_its_last_time() {
        let now = OffsetDateTime::UNIX_EPOCH;
        for client in [Some(id(1)), None] {
            let mut owner = Owner::new(id(0), now).without(Some(id(2)), now);
            for second in 0..1000 {
                owner = owner.without(client, now + time::Duration::milliseconds(second));
            }
            let at = now + time::Duration::milliseconds(999);
            assert!(owner.withdrawn(id(1), at) && !owner.withdrawn(id(1), at + time::Duration::MILLISECOND));
            assert!(owner.withdrawn(id(2), now), "another client's withdrawal stands");
            assert_eq!(owner.withdrawals.len(), if client.is_some() { 2 } else { 1 });
            let by_a_clock_behind = owner.without(client, now);
            assert!(by_a_clock_behind.withdrawn(id(1), at));
        }
    }

    #[test]
    fn any_number_of_clients_takes_bounded_room_and_no_withdrawal_is_lost() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let owner = (0..1000).fold(Owner::new(id(0), now), |owner, number| owner.without(Some(id(number)), now));
        assert!(owner.withdrawals.len() <= MAX_WITHDRAWALS);
        assert!((0..1000).all(|number| owner.withdrawn(id(number), now)));
        let most = u16::try_from(MAX_WITHDRAWALS).unwrap();
        let owner = (0..most).fold(Owner::new(id(0), now), |owner, number| owner.without(Some(id(number)), now));
        assert!(!owner.withdrawn(id(most), now), "as many clients as there is room for concern no other");
    }
}
