//! Grants that the protected resource has read lately. It stands below the server, which forgets a grant that it ends.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use time::{Duration, OffsetDateTime};

use crate::{
    ground::{GrantKey, Id},
    state::{access_token::AccessToken, grant::Grant},
};

/// A usable grant is believed this long without another read.
const USABLE_FOR: Duration = Duration::seconds(30);
/// A grant that is not usable is read again after this.
const UNUSABLE_FOR: Duration = Duration::seconds(1);
const CAPACITY: usize = 10_000;

/// What was last read of a grant, as one client sees it.
#[derive(Clone, Copy)]
pub(crate) struct KnownGrant {
    pub(crate) usable: bool,
    version: u32,
    generation: u32,
    seen: bool,
    read_at: OffsetDateTime,
}

impl KnownGrant {
    /// A grant as it was just read.
    pub(crate) fn read(grant: &Grant, client: Id, now: OffsetDateTime) -> Self {
        Self {
            usable: grant.usable(now) && grant.client == client,
            version: grant.version,
            generation: grant.family.generation,
            seen: grant.family.seen,
            read_at: now,
        }
    }

    /// No grant is stored.
    pub(crate) fn absent(claims: &AccessToken, now: OffsetDateTime) -> Self {
        Self { usable: false, version: claims.version, generation: 0, seen: true, read_at: now }
    }

    /// Whether this access token is the first of its generation to be used, and the grant does not say so yet.
    pub(crate) fn is_first_use(&self, claims: &AccessToken) -> bool {
        self.usable && !self.seen && self.generation == claims.generation
    }
}

/// The grants that were read lately, by key.
#[derive(Default)]
pub(crate) struct GrantCache(Mutex<HashMap<GrantKey, KnownGrant>>);

impl GrantCache {
    /// What is known of the grant, if it was read recently enough, and not before the access token was issued.
    pub(crate) fn get(&self, claims: &AccessToken, now: OffsetDateTime) -> Option<KnownGrant> {
        let grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = grants.get(&claims.grant).copied()?;
        let lifetime = if known.usable { USABLE_FOR } else { UNUSABLE_FOR };
        (known.version >= claims.version && now - known.read_at < lifetime).then_some(known)
    }

    /// Drops what is known: the next access token reads the grant again.
    pub(crate) fn forget(&self, key: &GrantKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Keeps what was read.
    pub(crate) fn put(&self, key: GrantKey, known: KnownGrant) {
        let mut grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if grants.len() >= CAPACITY {
            grants.retain(|_, other| known.read_at - other.read_at < USABLE_FOR);
        }
        if grants.len() < CAPACITY || grants.contains_key(&key) {
            grants.insert(key, known);
        }
    }
}
