//! A demand that an owner must meet before Entra gives a token again. It stands in the owner document, where every process and the
//! owner's next sign-in find it.

use oauth_protocol::scope::Scope;
use time::OffsetDateTime;

use crate::{
    ground::{Id, lifetimes::DEMAND_LIFETIME},
    state::claims::Claims,
};

/// The most characters of a reason that are kept.
const LONGEST_REASON: usize = 200;

/// A request that Entra refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedRequest {
    /// An exchange for scopes of one API.
    Exchange,
    /// A refresh, without which there is no exchange either.
    Refresh,
}

/// A refusal of an exchange or a refresh that a sign-in may mend.
#[derive(Clone, Debug)]
pub struct Demand {
    /// By this id it is cleared.
    pub id: Id,
    /// The request that was refused.
    pub request: RefusedRequest,
    /// The claims that the next sign-in must carry; `None` if Entra named none.
    pub claims: Option<Claims>,
    /// The scopes for which there is no token. They are of one API, unless the refresh was refused.
    pub scope: Scope,
    /// The refusal; the same for the same refusal.
    pub reason: String,
    /// When it was met.
    pub at: OffsetDateTime,
    /// Whether the exchange at a sign-in was refused so that no other sign-in helps. Then none is asked for.
    pub is_final: bool,
}

impl Demand {
    /// A refusal for these scopes.
    #[must_use]
    pub fn new(
        id: Id,
        request: RefusedRequest,
        scope: Scope,
        claims: Option<Claims>,
        reason: &str,
        now: OffsetDateTime,
    ) -> Self {
        let reason = reason.chars().take(LONGEST_REASON).collect();
        Self { id, request, claims, scope, reason, at: now, is_final: false }
    }

    /// The rest of the demand, once there are tokens for these scopes; `None` if nothing is left.
    pub(crate) fn without(&self, scope: &Scope) -> Option<Self> {
        let left = self.scope.filtered(|token| !scope.contains(token));
        let is_met = left.tokens().next().is_none();
        (!is_met).then(|| Self { scope: left, ..self.clone() })
    }

    /// Whether it has not expired.
    #[must_use]
    pub fn stands(&self, now: OffsetDateTime) -> bool {
        now < self.at + DEMAND_LIFETIME
    }

    /// Whether it concerns one of these scopes.
    #[must_use]
    pub fn concerns(&self, scope: &Scope) -> bool {
        self.scope.tokens().any(|token| scope.contains(token))
    }

    /// Whether it is the same refusal, whatever claims it names.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.reason == other.reason && self.claims.is_some() == other.claims.is_some() && self.concerns(&other.scope)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn demand(scope: &str) -> Demand {
        let now = datetime!(2026-11-25 12:00 UTC);
        let scope = Scope::parse(scope).unwrap();
        Demand::new(Id::from_bytes([1; 16]), RefusedRequest::Exchange, scope, None, "AADSTS50076", now)
    }

    #[test]
    fn a_demand_stands_until_its_day_is_over() {
        let demand = demand("user.read");
        let end = demand.at + DEMAND_LIFETIME;
        assert!(demand.stands(end - time::Duration::NANOSECOND) && !demand.stands(end));
    }

    #[test]
    fn a_demand_concerns_its_own_scopes_and_is_like_one_for_some_of_them() {
        let asked = demand("user.read mail.read");
        assert!(asked.concerns(&Scope::parse("mail.read").unwrap()));
        assert!(!asked.concerns(&Scope::parse("calendars.read").unwrap()));
        assert!(asked.is_like(&demand("mail.read")) && !asked.is_like(&demand("calendars.read")));
    }
}
