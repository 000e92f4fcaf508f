//! The protected resource's check of an access token (RFC 6750 §3.1): opened offline, then the grant must stand.

use oauth_protocol::scope::Scope;
use time::OffsetDateTime;

use crate::{
    changes::{ATTEMPTS, contended},
    grant_cache::KnownGrant,
    ground::{Advanced, GrantKey, Id, Unavailable},
    server::AuthorizationServer,
    state::access_token::AccessToken,
};

/// Who calls: the only identity that a tool may act for.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The grant, and with it the owner.
    pub grant: GrantKey,
    /// The client that calls.
    pub client: Id,
    /// What it may do.
    pub scope: Scope,
    /// When its access token ends.
    pub expires_at: OffsetDateTime,
}

impl AuthorizationServer {
    /// The principal behind an access token; `None` looks the same for every bad token.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Principal>, Unavailable> {
        let Some(claims) = self.open_access_token(token).await? else { return Ok(None) };
        let known = self.grant_of(&claims).await?;
        Ok(known.usable.then(|| Principal {
            grant: claims.grant,
            client: claims.client,
            scope: claims.scope,
            expires_at: OffsetDateTime::from_unix_timestamp(claims.exp).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }))
    }

    /// Whether a principal that was authenticated a while ago still is one; for open streams. What is remembered would make
    /// the answer older than the wait for it.
    pub async fn still_stands(&self, principal: &Principal) -> Result<bool, Unavailable> {
        let now = self.now();
        if now >= principal.expires_at {
            return Ok(false);
        }
        let stored = self.ports.grants.get(&principal.grant).await?;
        Ok(stored.is_some_and(|stored| KnownGrant::read(&stored.value, principal.client, now).usable))
    }

    async fn grant_of(&self, claims: &AccessToken) -> Result<KnownGrant, Unavailable> {
        let now = self.now();
        if let Some(known) = self.grant_cache.get(claims, now)
            && !known.is_first_use(claims)
        {
            return Ok(known);
        }
        let known = self.read_grant(claims, now).await?;
        self.grant_cache.put(claims.grant, known);
        Ok(known)
    }

    /// Reads the grant, and notes the first access token of its newest generation: the client has its answer.
    async fn read_grant(&self, claims: &AccessToken, now: OffsetDateTime) -> Result<KnownGrant, Unavailable> {
        let mut current = self.ports.grants.get(&claims.grant).await?;
        for _ in 0..ATTEMPTS {
            let Some(stored) = current else {
                return Ok(KnownGrant::absent(claims, now));
            };
            let read = KnownGrant::read(&stored.value, claims.client, now);
            if !read.is_first_use(claims) {
                return Ok(read);
            }
            match self.ports.grants.advance(&stored.version, stored.value.seen()).await {
                Ok(Advanced::Done(noted)) => return Ok(KnownGrant::read(&noted.value, claims.client, now)),
                Ok(Advanced::Lost(other)) => current = other,
                // The token is good all the same; its next use notes it.
                Err(error) => {
                    tracing::warn!(%error, "the use of an access token is not noted");
                    return Ok(read);
                }
            }
        }
        Err(contended())
    }
}
