//! Azure Key Vault with one RSA key, reached by its real name through the CONNECT proxy that every tenant's port is.
//!
//! The workload has the role Key Vault Crypto User on the key and nothing else. Key Vault's refusals are in its own words; a
//! test rotates the key by [`Vault::rotate`] only.
//! <https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups>

pub(crate) mod data_plane;
mod key;
pub(crate) mod refusal;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::{fs, io};

use stand_in::{Certificate, Clock, Gate, TlsAcceptor, lock, random};
use tempfile::TempPath;

use self::key::WrappingKey;
use self::refusal::{KEY_NOT_FOUND, Refusal};
use crate::start_error::StartError;
use crate::state::{State, StoredVault, StoredVersion};

/// The end of every vault's name.
const DOMAIN: &str = ".vault.azure.net";
/// The one vault there is.
const HOST: &str = "local-vault.vault.azure.net";
/// The one key in it.
const KEY_NAME: &str = "data-key-wrap";

#[derive(Clone)]
struct Version {
    stored: StoredVersion,
    key: Arc<WrappingKey>,
}

/// The vault of a tenant.
pub struct Vault {
    /// Oldest first; there is always one. Written to the state file before a client sees a change.
    versions: Mutex<Vec<Version>>,
    certificate: Certificate,
    state: Arc<State>,
    clock: Arc<Clock>,
    pub(super) gate: Gate,
    pub(super) tls: TlsAcceptor,
    ca_file: CaFile,
}

/// The file with the certificate to trust.
enum CaFile {
    /// Kept beside the state file, which holds its private key.
    Beside(PathBuf),
    /// For a tenant without a state file.
    Temporary(TempPath),
}

impl Vault {
    pub(crate) fn open(state: Arc<State>, clock: Arc<Clock>) -> Result<Self, StartError> {
        let state_file = state.file().map(Path::to_owned);
        let state_failed = |error| StartError::State(state_file.clone().unwrap_or_default(), error);
        let (certificate, stored) = match state.vault() {
            Some(StoredVault { certificate, versions }) => (certificate, versions),
            None => (Certificate::issue(&[&format!("*{DOMAIN}")]).map_err(StartError::Tls)?, vec![]),
        };
        let ca_file = CaFile::write(state_file.as_deref(), certificate.authority())
            .map_err(|error| StartError::CaFile(state_file.clone().unwrap_or_default(), error))?;
        let vault = Self {
            tls: certificate.acceptor().map_err(StartError::Tls)?,
            versions: Mutex::new(
                stored.into_iter().map(Version::read).collect::<io::Result<_>>().map_err(state_failed)?,
            ),
            certificate,
            state,
            clock,
            gate: Gate::default(),
            ca_file,
        };
        if lock(&vault.versions).is_empty() {
            vault.rotate().map_err(state_failed)?;
        }
        Ok(vault)
    }

    /// `https://local-vault.vault.azure.net/keys/data-key-wrap`.
    #[must_use]
    pub fn key_id(&self) -> String {
        key_id()
    }

    /// The certificate to trust for `https://*.vault.azure.net`, in PEM. It outlives a restart if the state file does.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        self.ca_file.path()
    }

    /// A new version of the key, current from now on. Returns its name: 32 hexadecimal digits.
    pub fn rotate(&self) -> io::Result<String> {
        let (key, private_key) = WrappingKey::generate();
        let version = random::uuid().replace('-', "");
        let stored = StoredVersion { version: version.clone(), private_key, created: self.clock.unix() };
        let mut versions = lock(&self.versions);
        let kept = versions.iter().map(|version| version.stored.clone()).chain([stored.clone()]).collect();
        self.state.keep_vault(StoredVault { certificate: self.certificate.clone(), versions: kept })?;
        versions.push(Version { stored, key: Arc::new(key) });
        Ok(version)
    }

    /// Makes the vault unreachable: closes all connections, and new ones before they are made.
    pub fn pause(&self) {
        self.gate.close();
    }

    /// Undoes [`Vault::pause`].
    pub fn resume(&self) {
        self.gate.open();
    }

    fn versions(&self) -> Vec<Version> {
        lock(&self.versions).clone()
    }

    /// A version; the newest one if none is named.
    fn version(&self, version: &str) -> Result<Version, Refusal> {
        let mut versions = lock(&self.versions).clone().into_iter().rev();
        let found = versions.find(|known| version.is_empty() || known.stored.version == version);
        found.ok_or_else(|| KEY_NOT_FOUND.with(&[&format!("{KEY_NAME}/{version}")]))
    }
}

impl Version {
    fn read(stored: StoredVersion) -> io::Result<Self> {
        let invalid = || io::Error::new(io::ErrorKind::InvalidData, "the vault's key is not one");
        Ok(Self { key: Arc::new(WrappingKey::from_stored(&stored.private_key).ok_or_else(invalid)?), stored })
    }
}

impl CaFile {
    fn write(state_file: Option<&Path>, pem: &str) -> io::Result<Self> {
        let file = match state_file {
            // Absolute: programs in other folders read it.
            Some(state_file) => Self::Beside(std::path::absolute(state_file)?.with_extension("vault-ca.pem")),
            None => Self::Temporary(tempfile::Builder::new().suffix(".vault-ca.pem").tempfile()?.into_temp_path()),
        };
        fs::write(file.path(), pem)?;
        Ok(file)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Beside(path) => path,
            Self::Temporary(path) => path,
        }
    }
}

fn key_id() -> String {
    format!("https://{HOST}/keys/{KEY_NAME}")
}
