//! Demands of Entra in owner documents: noted, renewed and cleared.

use oauth_protocol::scope::Scope;

use super::{Change, change};
use crate::{
    ground::{GrantKey, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        claims::Claims,
        demand::{Demand, RefusedRequest},
        owner::Owner,
    },
};

impl AuthorizationServer {
    /// A demand that was met now.
    pub(crate) fn new_demand(
        &self,
        request: RefusedRequest,
        scope: Scope,
        claims: Option<Claims>,
        reason: &str,
    ) -> Demand {
        Demand::new(self.random_id(), request, scope, claims, reason, self.now())
    }

    /// Notes a refusal that this grant has met. Returns whether a sign-in may mend it: not if the owner has signed in since the
    /// same refusal was met, and no exchange has succeeded. One that names claims is judged at the sign-in that carries them
    /// ([`Self::refused_at_sign_in`]).
    pub(crate) async fn sign_in_helps(&self, key: GrantKey, demand: Demand) -> Result<bool, Unavailable> {
        let now = self.now();
        let grant = self.ports.grants.get(&key).await?.map(|grant| grant.value);
        let decide = |owner: Option<Owner>| {
            let owner = owner.unwrap_or_else(|| Owner::new(key.owner, now));
            let known = owner.demand_like(&demand, now);
            let signed_in_since =
                known.is_some_and(|known| grant.as_ref().is_some_and(|grant| known.at < grant.redeemed_at));
            let is_final = grant.as_ref().is_some_and(|grant| owner.no_sign_in_helps(&grant.scope, now));
            Ok::<_, Unavailable>(if is_final || demand.claims.is_none() && signed_in_since {
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
            tracing::warn!(counted = true, reason, grant = %key.grant, "upstream refused again after a sign-in: an administrator must act");
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

    /// The exchange at a sign-in was refused, and no other sign-in helps.
    pub(crate) async fn refused_at_sign_in(&self, owner: Id, demand: Id) -> Result<(), Unavailable> {
        let now = self.now();
        let decide = |document: Option<Owner>| {
            let refused = document.and_then(|document| document.with_final_demand(demand, now));
            Ok::<_, Unavailable>(refused.map_or(Change::Keep(()), |document| Change::Write(document, ())))
        };
        change(self.ports.owners.as_ref(), &owner, decide).await?;
        Ok(())
    }

    /// An exchange for these scopes has succeeded, so the demands for them from before the grant's sign-in are met, and that sign-in
    /// has mended what made a refresh fail. Demands that came after it are those of other grants.
    pub(crate) async fn exchanged(&self, key: GrantKey, scope: &Scope) -> Result<(), Unavailable> {
        let left = |demand: &Demand| demand.without(scope).filter(|left| left.request == RefusedRequest::Exchange);
        self.meet_demands(key, |demand| demand.concerns(scope), left).await
    }

    /// The upstream's tokens were renewed: no refresh that it refused before the grant's sign-in counts any more.
    pub(crate) async fn renewed_again(&self, key: GrantKey) -> Result<(), Unavailable> {
        self.meet_demands(key, |demand| demand.request == RefusedRequest::Refresh, |_| None).await
    }

    /// Of the demands that are concerned and were met before this grant's sign-in, this is left.
    async fn meet_demands(
        &self,
        key: GrantKey,
        concerns: impl Fn(&Demand) -> bool,
        left: impl Fn(&Demand) -> Option<Demand>,
    ) -> Result<(), Unavailable> {
        let owner = self.owner(key.owner).await?;
        if !owner.is_some_and(|owner| owner.demands.iter().any(&concerns)) {
            return Ok(());
        }
        let Some(grant) = self.ports.grants.get(&key).await? else { return Ok(()) };
        let redeemed_at = grant.value.redeemed_at;
        let met = |demand: &Demand| concerns(demand) && demand.at < redeemed_at;
        self.keep_of_demands(key.owner, |demand| if met(demand) { left(demand) } else { Some(demand.clone()) }).await
    }

    /// A sign-in has met a demand for these scopes.
    pub(crate) async fn met_at_sign_in(&self, owner: Id, demand: Id, scope: &Scope) -> Result<(), Unavailable> {
        let left = |other: &Demand| if other.id == demand { other.without(scope) } else { Some(other.clone()) };
        self.keep_of_demands(owner, left).await
    }

    async fn keep_of_demands(&self, owner: Id, left: impl Fn(&Demand) -> Option<Demand>) -> Result<(), Unavailable> {
        let now = self.now();
        let decide = |document: Option<Owner>| {
            Ok::<_, Unavailable>(match document.and_then(|document| document.with_demands_left(&left, now)) {
                Some(document) => Change::Write(document, ()),
                None => Change::Keep(()),
            })
        };
        change(self.ports.owners.as_ref(), &owner, decide).await?;
        Ok(())
    }
}
