//! The protected resource's check of an access token (RFC 6750 §3.1): opened offline, then the grant must stand.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use oauth_protocol::scope::Scope;
use time::{Duration, OffsetDateTime};

use crate::{
    grant::Grant,
    id::{GrantKey, Id},
    ports::{Advanced, Unavailable},
    revoke::{ATTEMPTS, contended},
    server::AuthorizationServer,
    token::AccessToken,
};

/// An Active grant is believed this long without a read.
const BELIEVED_FOR: Duration = Duration::seconds(30);
/// A bad grant is read again at most this often.
const DOUBTED_FOR: Duration = Duration::seconds(1);
const CAPACITY: usize = 10_000;

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

/// What was last read of a grant.
#[derive(Clone, Copy)]
struct Known {
    usable: bool,
    version: u32,
    generation: u32,
    seen: bool,
    read_at: OffsetDateTime,
}

/// Grants read lately.
#[derive(Default)]
pub struct GrantCache(Mutex<HashMap<GrantKey, Known>>);

impl GrantCache {
    fn get(&self, key: &GrantKey, version: u32, now: OffsetDateTime) -> Option<Known> {
        let grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = grants.get(key).copied()?;
        let lifetime = if known.usable { BELIEVED_FOR } else { DOUBTED_FOR };
        (known.version >= version && now - known.read_at < lifetime).then_some(known)
    }

    /// The next use reads the grant again.
    pub(crate) fn forget(&self, key: &GrantKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn put(&self, key: GrantKey, known: Known) {
        let mut grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if grants.len() >= CAPACITY {
            grants.retain(|_, other| known.read_at - other.read_at < BELIEVED_FOR);
        }
        if grants.len() < CAPACITY || grants.contains_key(&key) {
            grants.insert(key, known);
        }
    }
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
        let stored = self.grants.get(&principal.grant).await?;
        Ok(stored.is_some_and(|stored| known(&stored.value, principal.client, now).usable))
    }

    async fn grant_of(&self, claims: &AccessToken) -> Result<Known, Unavailable> {
        let now = self.now();
        if let Some(known) = self.grant_cache.get(&claims.grant, claims.version, now)
            && !known.is_unnoted_use(claims)
        {
            return Ok(known);
        }
        let known = self.read_grant(claims, now).await?;
        self.grant_cache.put(claims.grant, known);
        Ok(known)
    }

    /// Reads the grant, and notes the first access token of its newest generation: the client has its answer.
    async fn read_grant(&self, claims: &AccessToken, now: OffsetDateTime) -> Result<Known, Unavailable> {
        let mut current = self.grants.get(&claims.grant).await?;
        for _ in 0..ATTEMPTS {
            let Some(stored) = current else {
                return Ok(Known { usable: false, version: claims.version, generation: 0, seen: true, read_at: now });
            };
            let read = known(&stored.value, claims.client, now);
            if !read.is_unnoted_use(claims) {
                return Ok(read);
            }
            match self.grants.advance(&stored.version, stored.value.seen()).await {
                Ok(Advanced::Done(noted)) => return Ok(known(&noted.value, claims.client, now)),
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

impl Known {
    /// Whether this token is the first of its generation to be used, which the grant does not say yet.
    fn is_unnoted_use(&self, claims: &AccessToken) -> bool {
        self.usable && !self.seen && self.generation == claims.generation
    }
}

fn known(grant: &Grant, client: Id, now: OffsetDateTime) -> Known {
    Known {
        usable: grant.usable(now) && grant.client == client,
        version: grant.version,
        generation: grant.family.generation,
        seen: grant.family.seen,
        read_at: now,
    }
}
