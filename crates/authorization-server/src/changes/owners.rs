//! Owner documents: approvals that are remembered, and consents that are withdrawn.

use time::OffsetDateTime;

use super::{Change, change};
use crate::{
    ground::{Id, Unavailable},
    server::AuthorizationServer,
    state::{
        owner::{Approval, Owner},
        valid_request::ValidRequest,
    },
};

/// The effect of a withdrawal on the owner's document.
pub(crate) enum Removal {
    /// An approval, or the standing of an application, went.
    Done,
    /// There was none; there may be grants.
    NothingRemembered,
    /// There was none, and the same was withdrawn a moment ago.
    Repeated,
}

impl AuthorizationServer {
    /// The owner's document, if there is one.
    pub(crate) async fn owner(&self, key: Id) -> Result<Option<Owner>, Unavailable> {
        Ok(self.ports.owners.get(&key).await?.map(|stored| stored.value))
    }

    /// Remembers an approval, unless the consent was withdrawn after `decided_at`. Returns the approval's id.
    pub(crate) async fn approve(
        &self,
        key: Id,
        request: &ValidRequest,
        decided_at: OffsetDateTime,
    ) -> Result<Option<Id>, Unavailable> {
        let (now, id) = (self.now(), self.random_id());
        let decide = |owner: Option<Owner>| {
            let owner = owner.unwrap_or_else(|| Owner::new(key, now));
            if owner.withdrawn(request.client(), decided_at) {
                return Ok::<_, Unavailable>(Change::Keep(None));
            }
            let owner = owner.with_approval(Approval::new(id, request, now), now);
            let remembered = owner.approvals.last().map(|approval| approval.id);
            Ok(Change::Write(owner, remembered))
        };
        Ok(change(self.ports.owners.as_ref(), &key, decide).await?.answer)
    }

    /// Removes the approvals of each of these clients (`None` is every client) in one write, and marks the time, which stops
    /// an authorization that is under way. Of every client, applications with tokens of Entra are refused.
    pub(crate) async fn remove_approvals(&self, key: Id, clients: &[Option<Id>]) -> Result<Vec<Removal>, Unavailable> {
        let now = self.now();
        let decide = |owner: Option<Owner>| {
            let (mut owner, mut removals) = (owner.unwrap_or_else(|| Owner::new(key, now)), Vec::new());
            for client in clients {
                let (without, removal) = removed(owner, *client, now);
                owner = without;
                removals.push(removal);
            }
            Ok::<_, Unavailable>(Change::Write(owner, removals))
        };
        Ok(change(self.ports.owners.as_ref(), &key, decide).await?.answer)
    }

    /// Whether the owner has withdrawn the consent to this client since `decided_at`.
    ///
    /// A withdrawal writes its mark before it lists the grants, and a redemption calls this after it has written its grant,
    /// so one of the two sees the other.
    pub(crate) async fn has_withdrawn(
        &self,
        owner: Id,
        client: Id,
        decided_at: OffsetDateTime,
    ) -> Result<bool, Unavailable> {
        let owner = self.owner(owner).await?;
        Ok(owner.is_some_and(|owner| owner.withdrawn(client, decided_at)))
    }
}

/// The document without the approvals of a client, or of every client, and with the mark.
fn removed(owner: Owner, client: Option<Id>, now: OffsetDateTime) -> (Owner, Removal) {
    let (accepted, is_noted) = (owner.accepted(), owner.has_noted(client, now));
    let owner = owner.without(client, now);
    let owner = if client.is_none() { owner.refusing(None, now) } else { owner };
    let removal = match is_noted {
        _ if owner.accepted() < accepted => Removal::Done,
        true => Removal::Repeated,
        false => Removal::NothingRemembered,
    };
    (owner, removal)
}
