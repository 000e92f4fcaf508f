//! The check of an access token at the protected resource (RFC 6750 §3.1): the token is opened without asking the store, and
//! then its grant must be active.

use time::OffsetDateTime;

pub use super::principal::{Credential, Principal, ReadRoles};
use crate::{
    changes::{Change, change},
    grant_cache::KnownGrant,
    ground::{GrantKey, Id, Unavailable},
    server::AuthorizationServer,
    state::{access_token::AccessToken, blocks::Verdict, grant::Grant},
};

impl AuthorizationServer {
    /// The principal of an access token; `None` for every token that is not valid, without a reason.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Principal>, Unavailable> {
        match self.open_access_token(token).await? {
            Some(claims) => self.authenticate_claims(claims).await,
            None => Ok(None),
        }
    }

    /// The principal of an access token that was opened; `None` if its grant is not active.
    pub async fn authenticate_claims(&self, claims: AccessToken) -> Result<Option<Principal>, Unavailable> {
        let known = self.known_grant(&claims).await?;
        let stands = known.usable && self.operator_allows(claims.client, &known).await?;
        Ok(stands.then(|| Principal::of(claims)))
    }

    /// The same for a request that must change nothing (RFC 9110 §9.2.1): it neither notes the use of the token nor ends the
    /// grant of a superseded one.
    pub async fn look_up_claims(&self, claims: AccessToken) -> Result<Option<Principal>, Unavailable> {
        let (stored, now) = (self.ports.grants.get(&claims.grant).await?, self.now());
        let known = stored.map(|stored| KnownGrant::read(&stored.value, claims.client, now));
        let stands = self.stands(known, claims.client, claims.generation).await?;
        Ok(stands.then(|| Principal::of(claims)))
    }

    /// Whether the principal of an open stream is still authorized: its access token, which may have been superseded since, and
    /// its grant, or what its owner says of its application. That is always read from the store, since a cached answer would hide a
    /// change. The operator's blocks are less than a minute old.
    pub async fn still_stands(&self, principal: &Principal) -> Result<bool, Unavailable> {
        let now = self.now();
        if now >= principal.expires_at {
            return Ok(false);
        }
        let (grant, generation) = match &principal.credential {
            Credential::Grant { id, generation } => (*id, *generation),
            Credential::Entra(token) => return self.entra_stands(principal, token).await,
        };
        let stored = self.ports.grants.get(&GrantKey { owner: principal.owner, grant }).await?;
        let known = stored.map(|stored| KnownGrant::read(&stored.value, principal.client, now));
        self.stands(known, principal.client, generation).await
    }

    async fn stands(&self, known: Option<KnownGrant>, client: Id, generation: u32) -> Result<bool, Unavailable> {
        match known.filter(|known| known.usable && !known.is_superseded(generation)) {
            Some(known) => self.operator_allows(client, &known).await,
            None => Ok(false),
        }
    }

    async fn operator_allows(&self, client: Id, known: &KnownGrant) -> Result<bool, Unavailable> {
        Ok(self.operator_verdict(client, known.made_at).await? == Verdict::Allowed)
    }

    async fn known_grant(&self, claims: &AccessToken) -> Result<KnownGrant, Unavailable> {
        let now = self.now();
        if let Some(known) = self.grant_cache.get(claims, now)
            && !known.is_first_use(claims)
            && !known.is_superseded(claims.generation)
        {
            return Ok(known);
        }
        // In boxes, because a warm call reads no grant.
        let mut known = Box::pin(self.read_grant(claims, now)).await?;
        if known.is_superseded(claims.generation) {
            Box::pin(self.end_replayed(claims.grant, claims.client, claims.generation)).await?;
            known = known.revoked();
        }
        self.grant_cache.put(claims.grant, known.clone());
        Ok(known)
    }

    /// Reads the grant, and notes the first use of an access token of its newest generation: the client has its answer.
    async fn read_grant(&self, claims: &AccessToken, now: OffsetDateTime) -> Result<KnownGrant, Unavailable> {
        let mut usable = None;
        let decide = |grant: Option<Grant>| {
            let Some(grant) = grant else {
                return Ok::<_, Unavailable>(Change::Keep(KnownGrant::absent(claims, now)));
            };
            let known = KnownGrant::read(&grant, claims.client, now);
            if !known.is_first_use(claims) {
                return Ok(Change::Keep(known));
            }
            usable = Some(known);
            let seen = grant.seen();
            let known = KnownGrant::read(&seen, claims.client, now);
            Ok(Change::Write(seen, known))
        };
        let changed = change(self.ports.grants.as_ref(), &claims.grant, decide).await;
        match (changed, usable) {
            (Ok(changed), _) => Ok(changed.answer),
            // The token is good all the same; its next use notes it.
            (Err(error), Some(known)) => {
                tracing::warn!(counted = true, %error, "could not note the first use of an access token");
                Ok(known)
            }
            (Err(error), None) => Err(error),
        }
    }
}
