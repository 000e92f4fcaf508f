//! Revokes, marks and unissues grants.

use std::cmp::Reverse;

use super::{Change, change};
use crate::{
    ground::{Advanced, AuditEvent, Ended, EventName, GrantKey, Id, Stored, Unavailable},
    server::AuthorizationServer,
    state::grant::{Grant, Status},
};

impl AuthorizationServer {
    /// Revokes a grant in spite of concurrent writes, and deletes the upstream's tokens. Of several processes, only the one
    /// whose write stands reports it.
    pub async fn revoke(&self, key: GrantKey, why: Ended) -> Result<(), Unavailable> {
        self.end(key, why, None).await.map(drop)
    }

    /// Ends a grant of which a second holder has used a token of this generation.
    pub(crate) async fn end_replayed(&self, key: GrantKey, client: Id, generation: u32) -> Result<(), Unavailable> {
        let alarm = EventName::RefreshTokenReplayed.event().client(client).generation(generation);
        self.end(key, Ended::RefreshTokenReplayed, Some(alarm)).await.map(drop)
    }

    /// The alarm is raised by the write that ends the grant: anybody who holds a token of an ended grant can present it again as
    /// often as they like. Returns whether this ended a grant that a client held.
    pub(crate) async fn end(&self, key: GrantKey, why: Ended, alarm: Option<AuditEvent>) -> Result<bool, Unavailable> {
        let was = self.set_status(key, Status::Revoked).await?.filter(|was| was.status != Status::Unissued);
        if let Some(was) = &was {
            self.report(ended(was, why));
            if let Some(alarm) = alarm {
                self.report(alarm.grant(key));
            }
        }
        self.ports.upstream_tokens.delete(&key).await?;
        Ok(was.is_some())
    }

    /// Revokes the grants of an owner to these clients (`None` is every client), in one list. The caller has written their
    /// marks before, which stop redemptions that are under way. Returns the client of each grant that this ended.
    pub(crate) async fn end_grants(
        &self,
        owner: Id,
        clients: &[Option<Id>],
        why: Ended,
    ) -> Result<Vec<Id>, Unavailable> {
        let mut ended = Vec::new();
        for Grant { key, client, status, .. } in self.ports.owner_grants.of_owner(owner).await? {
            let is_meant = clients.iter().any(|meant| meant.is_none_or(|meant| meant == client));
            if is_meant && status != Status::Revoked && self.end(key, why, None).await? {
                ended.push(client);
            }
        }
        Ok(ended)
    }

    /// Marks a grant: the owner must sign in again before the upstream issues another token.
    pub(crate) async fn mark(&self, key: GrantKey) -> Result<(), Unavailable> {
        if let Some(was) = self.set_status(key, Status::Marked).await? {
            self.report(EventName::GrantMarked.event().grant(key).client(was.client));
        }
        Ok(())
    }

    /// The grant as it was before, if this write changed it.
    async fn set_status(&self, key: GrantKey, status: Status) -> Result<Option<Grant>, Unavailable> {
        let now = self.now();
        let next = |grant: &Grant| match status {
            Status::Revoked => grant.revoked(now),
            Status::Active | Status::Marked | Status::Unissued => grant.with_status(status),
        };
        let decide = |grant: Option<Grant>| {
            let changes = |grant: &Grant| grant.status != status && grant.status != Status::Revoked;
            Ok::<_, Unavailable>(match grant.filter(changes) {
                Some(grant) => Change::Write(next(&grant), Some(grant)),
                None => Change::Keep(None),
            })
        };
        let changed = change(self.ports.grants.as_ref(), &key, decide).await?;
        self.grant_cache.forget(&key);
        Ok(changed.answer)
    }

    /// Revokes the grants beyond the limit of the owner and of this client, those first whose tokens were refreshed longest
    /// ago; never this one, which was just made. The tokens of this one are issued already, so a failure changes nothing.
    pub(crate) async fn end_surplus_grants(&self, kept: GrantKey, client: Id) {
        if let Err(error) = self.try_to_end_surplus_grants(kept, client).await {
            tracing::warn!(counted = true, %error, "could not end the grants beyond the limit");
        }
    }

    async fn try_to_end_surplus_grants(&self, kept: GrantKey, client: Id) -> Result<(), Unavailable> {
        let now = self.now();
        let mut held = self.ports.owner_grants.of_owner(kept.owner).await?;
        held.retain(|grant| grant.is_held(now));
        held.sort_by_key(|grant| (grant.key != kept, Reverse(grant.family.answered_at)));
        let [(_, most), (_, most_of_client)] = self.grants_of_owner.shares(kept.owner, client);
        let (mut all, mut of_client) = (most.get(), most_of_client.get());
        for grant in held {
            let places = [Some(&mut all), (grant.client == client).then_some(&mut of_client)];
            if places.iter().flatten().all(|left| **left > 0) {
                places.into_iter().flatten().for_each(|left| *left -= 1);
            } else {
                self.revoke(grant.key, Ended::NewerOnes).await?;
            }
        }
        Ok(())
    }

    /// Unissues a grant whose tokens nobody received, so that its code can be redeemed again. If this fails too, the code is
    /// spent, and the owner has to sign in again.
    pub(crate) async fn unissue(&self, granted: &Stored<Grant>) {
        match self.ports.grants.advance(&granted.version, granted.value.unissued()).await {
            Ok(Advanced::Done(_)) => self.report(ended(&granted.value, Ended::NotDelivered)),
            Ok(Advanced::Lost(_)) => {}
            Err(error) => {
                tracing::warn!(counted = true, %error, "could not unissue a grant whose tokens nobody received");
            }
        }
    }
}

fn ended(grant: &Grant, why: Ended) -> AuditEvent {
    EventName::GrantEnded.event().grant(grant.key).client(grant.client).because(why.as_str())
}
