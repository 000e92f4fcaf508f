//! Grants that the protected resource read recently. The server drops a grant from the cache when it revokes it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use time::{Duration, OffsetDateTime};

use crate::{
    ground::{GrantKey, Id, Sealed},
    state::{
        access_token::AccessToken,
        family::{FamilyKey, Superseded},
        grant::Grant,
    },
};

/// A usable grant is believed this long without another read.
const USABLE_FOR: Duration = Duration::seconds(30);
/// A grant that is not usable is read again after this.
const UNUSABLE_FOR: Duration = Duration::seconds(1);
const MAX_GRANTS: usize = 10_000;

/// The state of a grant when it was last read, for one client.
#[derive(Clone)]
pub(crate) struct KnownGrant {
    pub(crate) usable: bool,
    client: Id,
    version: u32,
    generation: u32,
    seen: bool,
    superseded: Arc<[Superseded]>,
    /// When the grant was made.
    pub(crate) made_at: OffsetDateTime,
    /// The key of its refresh tokens; `None` if no grant is stored.
    family_key: Option<Arc<Sealed<FamilyKey>>>,
    read_at: OffsetDateTime,
}

impl KnownGrant {
    /// A grant as it was just read.
    pub(crate) fn read(grant: &Grant, client: Id, now: OffsetDateTime) -> Self {
        Self {
            usable: grant.usable(now) && grant.client == client,
            client,
            version: grant.version,
            generation: grant.family.generation,
            seen: grant.family.seen,
            superseded: grant.family.superseded.as_slice().into(),
            made_at: grant.redeemed_at,
            family_key: Some(Arc::new(grant.family.sealed_key.clone())),
            read_at: now,
        }
    }

    /// No grant is stored.
    pub(crate) fn absent(claims: &AccessToken, now: OffsetDateTime) -> Self {
        Self {
            usable: false,
            client: claims.client,
            version: claims.version,
            generation: 0,
            seen: true,
            superseded: Arc::default(),
            made_at: now,
            family_key: None,
            read_at: now,
        }
    }

    /// The same grant after its revocation.
    pub(crate) fn revoked(self) -> Self {
        Self { usable: false, ..self }
    }

    /// Whether this access token is the first of its generation to be used, and the grant does not say so yet.
    pub(crate) fn is_first_use(&self, claims: &AccessToken) -> bool {
        self.usable && !self.seen && self.generation == claims.generation
    }

    /// Whether access tokens of this generation were superseded, and the grant has not ended for it yet.
    pub(crate) fn is_superseded(&self, generation: u32) -> bool {
        self.usable && self.superseded.iter().any(|superseded| superseded.generation == generation)
    }
}

/// The grants that were read lately, by key. Every operation takes constant time; a full cache evicts the grant whose access
/// token was used least recently.
pub(crate) struct GrantCache(Mutex<LruCache<GrantKey, KnownGrant>>);

impl Default for GrantCache {
    /// Empty. The map grows with its entries, since most servers know few grants.
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl GrantCache {
    /// The cached grant, if it was read recently, and after the access token was issued.
    pub(crate) fn get(&self, claims: &AccessToken, now: OffsetDateTime) -> Option<KnownGrant> {
        let known = self.lock().get(&claims.grant).cloned()?;
        let lifetime = if known.usable { USABLE_FOR } else { UNUSABLE_FOR };
        (known.version >= claims.version && now - known.read_at < lifetime).then_some(known)
    }

    /// The client and the family key of a grant that was usable when it was last read, however long ago.
    pub(crate) fn remembered(&self, key: &GrantKey) -> Option<(Id, Arc<Sealed<FamilyKey>>)> {
        let grants = self.lock();
        let known = grants.peek(key).filter(|known| known.usable)?;
        Some((known.client, Arc::clone(known.family_key.as_ref()?)))
    }

    /// Drops the cached grant, so the next access token reads it again.
    pub(crate) fn forget(&self, key: &GrantKey) {
        self.lock().pop(key);
    }

    /// Caches a grant.
    pub(crate) fn put(&self, key: GrantKey, known: KnownGrant) {
        let mut grants = self.lock();
        grants.put(key, known);
        if grants.len() > MAX_GRANTS {
            grants.pop_lru();
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<GrantKey, KnownGrant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use oauth_protocol::scope::Scope;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

    fn claims(number: usize) -> AccessToken {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        let grant = GrantKey { owner: Id::from_bytes([1; 16]), grant: Id::from_bytes(bytes) };
        let (client, scope) = (Id::from_bytes([2; 16]), Scope::parse("user.read").unwrap());
        AccessToken { aud: String::new(), client, grant, version: 1, generation: 1, scope, iat: 0, exp: 0 }
    }

    fn known(usable: bool) -> KnownGrant {
        let (client, superseded) = (Id::from_bytes([2; 16]), Arc::default());
        let (made_at, read_at) = (NOW, NOW);
        KnownGrant {
            usable,
            client,
            version: 1,
            generation: 1,
            seen: true,
            superseded,
            made_at,
            family_key: None,
            read_at,
        }
    }

    fn full() -> GrantCache {
        let cache = GrantCache::default();
        for number in 0..MAX_GRANTS {
            cache.put(claims(number).grant, known(true));
        }
        cache
    }

    #[test]
    fn a_full_cache_evicts_the_grant_that_was_used_least_recently() {
        let cache = full();
        assert!(cache.get(&claims(0), NOW).is_some());
        cache.put(claims(MAX_GRANTS).grant, known(true));
        assert!(cache.get(&claims(1), NOW).is_none());
        for kept in [0, 2, MAX_GRANTS - 1, MAX_GRANTS] {
            assert!(cache.get(&claims(kept), NOW).is_some(), "{kept}");
        }
        assert_eq!(cache.lock().len(), MAX_GRANTS);
    }

    #[test]
    fn a_grant_that_is_read_again_evicts_no_other() {
        let cache = full();
        cache.put(claims(7).grant, known(false));
        assert!(cache.get(&claims(0), NOW).is_some());
        assert!(!cache.get(&claims(7), NOW).unwrap().usable);
    }

    #[test]
    fn a_cached_grant_expires_by_the_injected_clock() {
        let cache = GrantCache::default();
        for (number, usable, lifetime) in [(1, true, USABLE_FOR), (2, false, UNUSABLE_FOR)] {
            cache.put(claims(number).grant, known(usable));
            assert!(cache.get(&claims(number), NOW + lifetime - Duration::MILLISECOND).is_some());
            assert!(cache.get(&claims(number), NOW + lifetime).is_none());
        }
    }
}
