//! Demands of Entra in owner documents: noted, renewed and cleared.

use oauth_protocol::scope::Scope;

use super::{Change, change};
use crate::{
    ground::{GrantKey, Id, Unavailable},
    server::AuthorizationServer,
    state::{claims::Claims, demand::Demand, owner::Owner},
};

impl AuthorizationServer {
    /// A demand that was met now.
    pub(crate) fn new_demand(&self, scope: Scope, claims: Option<Claims>, reason: &str) -> Demand {
        Demand::new(self.random_id(), scope, claims, reason, self.now())
    }

    /// Notes a refusal that this grant has met. Returns whether a sign-in may mend it: not if the owner has signed in since the
    /// same refusal was met, and no exchange has succeeded. One that names claims is judged at the sign-in that carries them.
    pub(crate) async fn sign_in_helps(&self, key: GrantKey, demand: Demand) -> Result<bool, Unavailable> {
        let now = self.now();
        let redeemed_at = self.ports.grants.get(&key).await?.map(|grant| grant.value.redeemed_at);
        let decide = |owner: Option<Owner>| {
            let owner = owner.unwrap_or_else(|| Owner::new(key.owner, now));
            let known = owner.demand_like(&demand, now);
            let signed_in_since = known.is_some_and(|known| redeemed_at.is_some_and(|redeemed| known.at < redeemed));
            Ok::<_, Unavailable>(if demand.claims.is_none() && signed_in_since {
                Change::Keep(false)
            } else if known.is_some_and(|known| known.claims == demand.claims && demand.scope.is_subset(&known.scope)) {
                Change::Keep(true)
            } else {
                Change::Write(owner.with_demand(demand.clone(), now), true)
            })
        };
        let helps = change(self.ports.owners.as_ref(), &key.owner, decide).await?.answer;
        if !helps {
            let reason = demand.reason;
            tracing::warn!(reason, grant = %key.grant, "upstream refused again after a sign-in: an administrator must act");
        }
        Ok(helps)
    }

    /// Replaces a demand by one with the claims that Entra names now.
    pub(crate) async fn renew_demand(&self, owner: Id, renewed: &Demand) -> Result<(), Unavailable> {
        let now = self.now();
        let decide = |document: Option<Owner>| {
            let document = document.unwrap_or_else(|| Owner::new(owner, now));
            Ok::<_, Unavailable>(Change::Write(document.with_demand(renewed.clone(), now), ()))
        };
        change(self.ports.owners.as_ref(), &owner, decide).await?;
        Ok(())
    }

    /// An exchange for these scopes has succeeded: what was demanded before the grant's sign-in is met. Demands that came after
    /// it are those of other grants.
    pub(crate) async fn exchanged(&self, key: GrantKey, scope: &Scope) -> Result<(), Unavailable> {
        let owner = self.owner(key.owner).await?;
        if !owner.is_some_and(|owner| owner.demands.iter().any(|demand| demand.concerns(scope))) {
            return Ok(());
        }
        let Some(grant) = self.ports.grants.get(&key).await? else { return Ok(()) };
        let redeemed_at = grant.value.redeemed_at;
        self.clear_demands(key.owner, |demand| demand.concerns(scope) && demand.at < redeemed_at).await
    }

    /// Clears the demands that are met.
    pub(crate) async fn clear_demands(&self, owner: Id, is_met: impl Fn(&Demand) -> bool) -> Result<(), Unavailable> {
        let now = self.now();
        let decide = |document: Option<Owner>| {
            Ok::<_, Unavailable>(match document.filter(|document| document.demands.iter().any(&is_met)) {
                Some(document) => Change::Write(document.without_demands(&is_met, now), ()),
                None => Change::Keep(()),
            })
        };
        change(self.ports.owners.as_ref(), &owner, decide).await?;
        Ok(())
    }
}
