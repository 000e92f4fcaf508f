//! The owner document: what one resource owner has allowed, and what was taken back.

use oauth_protocol::{redirect_uri::RedirectTarget, scope::Scope};
use time::{Duration, OffsetDateTime};

use crate::{
    authorization::ValidRequest,
    id::{GrantKey, Id},
    ports::{Advanced, Created, Stored, Unavailable},
    revoke::{ATTEMPTS, contended},
    server::{AUTHORIZATION_LIFETIME, AuthorizationServer},
};

/// An approval is remembered this long.
pub const APPROVAL_LIFETIME: Duration = Duration::days(90);
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
    fn new(key: Id, now: OffsetDateTime) -> Self {
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

impl AuthorizationServer {
    /// The owner's document, if there is one.
    pub(crate) async fn owner(&self, key: Id) -> Result<Option<Owner>, Unavailable> {
        Ok(self.owners.get(&key).await?.map(|stored| stored.value))
    }

    /// Remembers an approval, unless it was taken back since it was decided. Says its id.
    pub(crate) async fn approve(
        &self,
        key: Id,
        request: &ValidRequest,
        decided_at: OffsetDateTime,
    ) -> Result<Option<Id>, Unavailable> {
        let now = self.now();
        let approval = Approval {
            id: Id::random(self.entropy.as_ref()),
            client: request.client,
            redirect: request.redirect.clone(),
            scope: request.scope.clone(),
            given_at: now,
        };
        let withdrawn = |owner: &Owner| owner.withdrawn(request.client, decided_at);
        let approved =
            |owner: Owner| if withdrawn(&owner) { owner } else { owner.with_approval(approval.clone(), now) };
        let owner = self.change_owner(key, approved).await?;
        Ok(owner.approvals.last().filter(|_| !withdrawn(&owner)).map(|approval| approval.id))
    }

    /// Takes back what a client, or every client, was allowed: the approvals first, with a mark that stops what is under
    /// way, then each grant.
    pub async fn withdraw(&self, key: Id, client: Option<Id>) -> Result<(), Unavailable> {
        let now = self.now();
        self.change_owner(key, |owner| owner.without(client, now)).await?;
        for grant in self.owner_grants.of_owner(key).await? {
            if client.is_none_or(|client| grant.client == client) {
                self.revoke(grant.key).await?;
            }
        }
        Ok(())
    }

    /// After a grant was made: whether its consent was taken back meanwhile. The mark is written before grants are listed,
    /// and this is read after the grant is written, so one of the two sees the other.
    pub(crate) async fn withdrawn_meanwhile(
        &self,
        key: GrantKey,
        client: Id,
        decided_at: OffsetDateTime,
    ) -> Result<bool, Unavailable> {
        let owner = self.owner(key.owner).await?;
        Ok(owner.is_some_and(|owner| owner.withdrawn(client, decided_at)))
    }

    async fn change_owner(&self, key: Id, change: impl Fn(Owner) -> Owner) -> Result<Owner, Unavailable> {
        let mut current = self.owners.get(&key).await?;
        for _ in 0..ATTEMPTS {
            current = match current {
                None => match self.owners.create(change(Owner::new(key, self.now()))).await? {
                    Created::Done(stored) => return Ok(stored.value),
                    Created::Exists(stored) => Some(stored),
                },
                Some(Stored { value, version }) => match self.owners.advance(&version, change(value)).await? {
                    Advanced::Done(stored) => return Ok(stored.value),
                    Advanced::Lost(stored) => stored,
                },
            };
        }
        Err(contended())
    }
}
