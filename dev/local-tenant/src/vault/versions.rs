//! The versions of the key: written to the state file before anybody sees a change.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde::Serialize;
use stand_in::{Certificate, lock};

use super::{
    KEY_NAME,
    key::WrappingKey,
    refusal::{KEY_DISABLED, KEY_EXPIRED, KEY_NOT_FOUND, Refusal},
    stored::{Attributes, StoredVault, StoredVersion},
};
use crate::{clock::Clock, random, state::State, sts::Sts};

/// A version as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyVersion {
    /// Its name: 32 hexadecimal digits.
    pub version: String,
    /// Whether anything may be done with it.
    pub enabled: bool,
    /// Seconds since 1970.
    pub created: i64,
    /// From then on it wraps no more. Seconds since 1970.
    pub expires: Option<i64>,
}

/// Why a version is not as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key has no such version.
    #[error("the key has no version {0:?}")]
    UnknownVersion(String),
    /// It cannot be kept.
    #[error("the state file cannot be written: {0}")]
    State(#[from] io::Error),
}

#[derive(Clone)]
struct Version {
    stored: StoredVersion,
    key: Arc<WrappingKey>,
}

/// A version that may do what was asked.
pub(super) struct Usable {
    pub(super) version: String,
    pub(super) attributes: Attributes,
    pub(super) key: Arc<WrappingKey>,
}

/// Oldest first; there is always one.
pub(super) struct Versions {
    all: Mutex<Vec<Version>>,
    certificate: Certificate,
    state: Arc<State>,
    clock: Arc<Clock>,
}

impl Versions {
    pub(super) fn open(sts: &Sts, certificate: Certificate, stored: Vec<StoredVersion>) -> io::Result<Self> {
        let not_a_key = || io::Error::new(io::ErrorKind::InvalidData, "the vault's key is not one");
        let read = |stored: StoredVersion| {
            let key = Arc::new(WrappingKey::from_stored(&stored.private_key).ok_or_else(not_a_key)?);
            Ok(Version { stored, key })
        };
        let mut all = stored.into_iter().map(read).collect::<io::Result<Vec<_>>>()?;
        if all.is_empty() {
            all.push(Version::generate(sts.clock.unix()));
        }
        let (state, clock) = (Arc::clone(&sts.state), Arc::clone(&sts.clock));
        let versions = Self { all: Mutex::default(), certificate, state, clock };
        versions.keep(&mut lock(&versions.all), all)?;
        Ok(versions)
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.unix()
    }

    pub(super) fn all(&self) -> Vec<KeyVersion> {
        lock(&self.all).iter().map(|version| KeyVersion::of(&version.stored)).collect()
    }

    pub(super) fn rotate(&self) -> Result<String, VaultError> {
        let version = Version::generate(self.now());
        let name = version.stored.version.clone();
        let mut all = lock(&self.all);
        let rotated = all.iter().cloned().chain([version]).collect();
        self.keep(&mut all, rotated)?;
        Ok(name)
    }

    pub(super) fn change(&self, version: &str, change: impl FnOnce(&mut Attributes)) -> Result<(), VaultError> {
        let mut all = lock(&self.all);
        let mut changed = all.clone();
        let found = changed.iter_mut().find(|known| known.stored.version == version);
        let attributes = &mut found.ok_or_else(|| VaultError::UnknownVersion(version.to_owned()))?.stored.attributes;
        change(attributes);
        attributes.updated = self.now();
        Ok(self.keep(&mut all, changed)?)
    }

    /// All as they are read: oldest first.
    pub(super) fn read_all(&self) -> Vec<Usable> {
        lock(&self.all).iter().map(Version::usable).collect()
    }

    /// A version to read; the newest, enabled or not, if none is named.
    pub(super) fn read(&self, version: Option<&str>) -> Result<Usable, Refusal> {
        let all = lock(&self.all);
        let found = match version {
            Some(version) => all.iter().find(|known| known.stored.version == version),
            None => all.last(),
        };
        let id = version.map_or_else(|| KEY_NAME.to_owned(), |version| format!("{KEY_NAME}/{version}"));
        found.map(Version::usable).ok_or_else(|| KEY_NOT_FOUND.with(&[&id]))
    }

    /// A version to wrap with.
    pub(super) fn to_wrap(&self, version: Option<&str>) -> Result<Usable, Refusal> {
        let usable = self.enabled(version, "wrapKey")?;
        let expired = usable.attributes.expires.is_some_and(|expires| expires <= self.now());
        if expired { Err(KEY_EXPIRED.with(&["wrapKey"])) } else { Ok(usable) }
    }

    /// A version to unwrap with: an expired one may, so that what it protects is not lost.
    /// <https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations>
    pub(super) fn to_unwrap(&self, version: Option<&str>) -> Result<Usable, Refusal> {
        self.enabled(version, "unwrapKey")
    }

    fn enabled(&self, version: Option<&str>, operation: &str) -> Result<Usable, Refusal> {
        let usable = self.read(version)?;
        if usable.attributes.enabled { Ok(usable) } else { Err(KEY_DISABLED.with(&[operation])) }
    }

    fn keep(&self, current: &mut Vec<Version>, next: Vec<Version>) -> io::Result<()> {
        let versions = next.iter().map(|version| version.stored.clone()).collect();
        self.state.keep_vault(StoredVault { certificate: self.certificate.clone(), versions })?;
        *current = next;
        Ok(())
    }
}

impl Version {
    fn generate(now: i64) -> Self {
        let (key, private_key) = WrappingKey::generate();
        let attributes = Attributes { enabled: true, created: now, updated: now, expires: None };
        let version = random::uuid().replace('-', "");
        Self { stored: StoredVersion { version, private_key, attributes }, key: Arc::new(key) }
    }

    fn usable(&self) -> Usable {
        let StoredVersion { version, attributes, .. } = &self.stored;
        Usable { version: version.clone(), attributes: *attributes, key: Arc::clone(&self.key) }
    }
}

impl KeyVersion {
    fn of(stored: &StoredVersion) -> Self {
        let Attributes { enabled, created, expires, .. } = stored.attributes;
        Self { version: stored.version.clone(), enabled, created, expires }
    }
}
