//! The owner withdraws the consent to a client, to all registrations of an application, or to every client.

use std::collections::HashSet;

use crate::{
    changes::Removal,
    ground::{Ended, EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{blocks::Verdict, grant::Grant},
};

impl AuthorizationServer {
    /// The grants of the owner that the page counts.
    pub(super) async fn listed_grants(&self, owner: Id) -> Result<Vec<Grant>, Unavailable> {
        let (now, mut listed) = (self.now(), Vec::new());
        for grant in self.ports.owner_grants.of_owner(owner).await? {
            if grant.is_held(now) && self.operator_verdict(grant.client, grant.redeemed_at).await? != Verdict::Ended {
                listed.push(grant);
            }
        }
        Ok(listed)
    }

    /// The clients of the owner that the page lists.
    async fn listed_clients(&self, owner: Id) -> Result<HashSet<Id>, Unavailable> {
        let approvals = self.owner(owner).await?.map(|owner| owner.approvals).unwrap_or_default();
        let approved: HashSet<Id> = approvals.into_iter().map(|approval| approval.client).collect();
        let granted = self.listed_grants(owner).await?;
        Ok(approved.into_iter().chain(granted.into_iter().map(|grant| grant.client)).collect())
    }

    /// Withdraws the consent to every registration of the application that this one is of. One client after another is read, and
    /// none if the page does not list the one that is named.
    pub(super) async fn withdraw_application(&self, owner: Id, named: Id) -> Result<(), Unavailable> {
        let mut listed = self.listed_clients(owner).await?;
        if !listed.remove(&named) {
            return Ok(());
        }
        let mut clients = vec![Some(named)];
        if let Some(key) = self.application_key(named).await? {
            for client in listed {
                if self.application_key(client).await? == Some(key) {
                    clients.push(Some(client));
                }
            }
        }
        self.withdraw(owner, &clients).await
    }

    async fn application_key(&self, client: Id) -> Result<Option<Id>, Unavailable> {
        Ok(self.client(client).await?.and_then(|client| client.value.application_key()))
    }

    /// Withdraws the consent to each of these clients (`None` is every client): the approvals first, with marks that stop an
    /// authorization that is under way, then each grant.
    pub async fn withdraw(&self, owner: Id, clients: &[Option<Id>]) -> Result<(), Unavailable> {
        let removals = self.remove_approvals(owner, clients).await?;
        let report = |client: Option<Id>| self.report(EventName::ConsentWithdrawn.event().owner(owner).client(client));
        let removed = || clients.iter().copied().zip(&removals);
        for (client, _) in removed().filter(|(_, removal)| matches!(removal, Removal::Done)) {
            report(client);
        }
        let ended = self.end_grants(owner, clients, Ended::Withdrawn).await;
        let may_have_ended = |client: Option<Id>| match &ended {
            Ok(ended) => ended.iter().any(|ended| client.is_none_or(|client| client == *ended)),
            Err(_) => true,
        };
        for (client, removal) in removed() {
            if matches!(removal, Removal::NothingRemembered) && may_have_ended(client) {
                report(client);
            }
        }
        ended.map(drop)
    }
}
