//! Owner documents: approvals that are remembered, and consents that are withdrawn.

use time::OffsetDateTime;

use super::{ATTEMPTS, contended};
use crate::{
    ground::{Advanced, Created, GrantKey, Id, Stored, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::ValidRequest,
        owner::{Approval, Owner},
    },
};

impl AuthorizationServer {
    /// The owner's document, if there is one.
    pub(crate) async fn owner(&self, key: Id) -> Result<Option<Owner>, Unavailable> {
        Ok(self.ports.owners.get(&key).await?.map(|stored| stored.value))
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
            id: self.random_id(),
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

    pub(crate) async fn change_owner(&self, key: Id, change: impl Fn(Owner) -> Owner) -> Result<Owner, Unavailable> {
        let mut current = self.ports.owners.get(&key).await?;
        for _ in 0..ATTEMPTS {
            current = match current {
                None => match self.ports.owners.create(change(Owner::new(key, self.now()))).await? {
                    Created::Done(stored) => return Ok(stored.value),
                    Created::Exists(stored) => Some(stored),
                },
                Some(Stored { value, version }) => match self.ports.owners.advance(&version, change(value)).await? {
                    Advanced::Done(stored) => return Ok(stored.value),
                    Advanced::Lost(stored) => stored,
                },
            };
        }
        Err(contended())
    }
}
