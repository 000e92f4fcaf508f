//! The owner document: what one resource owner has allowed, and what was taken back.

use oauth_protocol::{redirect_uri::RedirectTarget, scope::Scope};
use time::OffsetDateTime;

use crate::{
    ground::{
        Id, Record,
        lifetimes::{APPROVAL_LIFETIME, AUTHORIZATION_LIFETIME},
    },
    state::authorization::ValidRequest,
};

/// Approvals beyond this are forgotten, the oldest first.
const APPROVALS: usize = 200;

/// One document for each owner.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The owner's partition.
    pub key: Id,
    /// What was allowed and is remembered.
    pub approvals: Vec<Approval>,
    /// What was taken back while an authorization may still have been under way.
    pub withdrawals: Vec<Withdrawal>,
    /// 90 days after the last change.
    pub expires_at: OffsetDateTime,
}

/// Consent to one client, receiver and scope.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Named by the browser's cookie.
    pub id: Id,
    /// Whom.
    pub client: Id,
    /// Where codes go.
    pub redirect: RedirectTarget,
    /// What.
    pub scope: Scope,
    /// When.
    pub given_at: OffsetDateTime,
}

/// No authorization of this client that was decided before this moment leads to a grant.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// Whose; `None` means every client's.
    pub client: Option<Id>,
    /// The moment.
    pub at: OffsetDateTime,
}

impl Approval {
    /// An approval of what a request asks for.
    pub(crate) fn new(id: Id, request: &ValidRequest, now: OffsetDateTime) -> Self {
        let ValidRequest { client, redirect, scope, .. } = request.clone();
        Self { id, client, redirect, scope, given_at: now }
    }

    /// Whether it is still remembered.
    #[must_use]
    pub fn stands(&self, now: OffsetDateTime) -> bool {
        now < self.given_at + APPROVAL_LIFETIME
    }

    /// Whether it is for exactly this client and receiver, and for at least this scope.
    #[must_use]
    pub fn covers(&self, request: &ValidRequest, now: OffsetDateTime) -> bool {
        self.client == request.client
            && self.redirect.same_receiver(&request.redirect)
            && request.scope.is_subset(&self.scope)
            && self.stands(now)
    }
}

impl Owner {
    pub(crate) fn new(key: Id, now: OffsetDateTime) -> Self {
        Self { key, approvals: Vec::new(), withdrawals: Vec::new(), expires_at: now + APPROVAL_LIFETIME }
    }

    /// The approval with this id, if it covers the request.
    #[must_use]
    pub fn approval(&self, id: Id, request: &ValidRequest, now: OffsetDateTime) -> Option<&Approval> {
        self.approvals.iter().find(|approval| approval.id == id && approval.covers(request, now))
    }

    /// Whether what was decided then has been taken back since.
    #[must_use]
    pub fn withdrawn(&self, client: Id, decided_at: OffsetDateTime) -> bool {
        let concerns = |withdrawal: &&Withdrawal| withdrawal.client.is_none_or(|other| other == client);
        self.withdrawals.iter().filter(concerns).any(|withdrawal| decided_at <= withdrawal.at)
    }

    /// With one more approval, in the place and under the id of what it covers: other browsers remember that id.
    #[must_use]
    pub fn with_approval(mut self, mut approval: Approval, now: OffsetDateTime) -> Self {
        self.approvals.retain(|other| other.stands(now));
        let replaced = |other: &Approval| {
            other.client == approval.client
                && other.redirect.same_receiver(&approval.redirect)
                && other.scope.is_subset(&approval.scope)
        };
        let id = self.approvals.iter().rev().find(|other| replaced(other)).map_or(approval.id, |other| other.id);
        self.approvals.retain(|other| !replaced(other));
        approval.id = id;
        self.approvals.push(approval);
        let surplus = self.approvals.len().saturating_sub(APPROVALS);
        self.approvals.drain(..surplus);
        self.touched(now)
    }

    /// Without the approvals of a client, or of all.
    #[must_use]
    pub fn without(mut self, client: Option<Id>, now: OffsetDateTime) -> Self {
        self.approvals.retain(|approval| client.is_some_and(|client| approval.client != client));
        self.withdrawals.push(Withdrawal { client, at: now });
        self.touched(now)
    }

    /// An authorization lives for minutes; older withdrawals concern none.
    fn touched(mut self, now: OffsetDateTime) -> Self {
        self.withdrawals.retain(|withdrawal| now < withdrawal.at + AUTHORIZATION_LIFETIME);
        self.expires_at = now + APPROVAL_LIFETIME;
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
