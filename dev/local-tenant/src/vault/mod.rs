//! Azure Key Vault with one RSA key, reached by its real name through the CONNECT proxy that every tenant's port is.
//!
//! The workload has the role Key Vault Crypto User on the key and nothing else. What Key Vault refuses is refused in its
//! words; keys are created, disabled and expired by [`Vault`] and the control API only.
//! <https://learn.microsoft.com/rest/api/keyvault/keys/operation-groups>

mod asked;
mod caller;
pub(crate) mod control;
mod intercept;
mod key;
mod operations;
mod refusal;
mod routes;
mod stored;
mod versions;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Router, http::StatusCode};
use stand_in::{Certificate, Gate, TlsAcceptor, TlsError, Tunnels};
use tempfile::TempPath;

pub use operations::Operation;
pub(crate) use refusal::throttle;
pub(crate) use stored::StoredVault;
pub use versions::{KeyVersion, VaultError};

use self::{operations::Operations, versions::Versions};
use crate::{StartError, sts::Sts};

/// What every vault's name ends with.
const DOMAIN: &str = ".vault.azure.net";
/// The one vault there is.
const HOST: &str = "local-vault.vault.azure.net";
/// The one key in it.
const KEY_NAME: &str = "data-key-wrap";

/// The vault of a tenant.
pub struct Vault {
    versions: Versions,
    operations: Operations,
    gate: Gate,
    tls: TlsAcceptor,
    ca_file: CaFile,
}

/// Where the certificate to trust is.
enum CaFile {
    /// Kept like the state file that holds its private key.
    Beside(PathBuf),
    /// For a tenant that keeps nothing.
    Temporary(TempPath),
}

impl Vault {
    pub(crate) fn open(sts: &Sts) -> Result<Self, StartError> {
        let tls = |error: TlsError| StartError::Tls(error.to_string());
        let state_file = sts.state.file().map(Path::to_owned);
        let state = |error| StartError::State(state_file.clone().unwrap_or_default(), error);
        let (certificate, versions) = match sts.state.vault() {
            Some(StoredVault { certificate, versions }) => (certificate, versions),
            None => (Certificate::issue(&[&format!("*{DOMAIN}")]).map_err(tls)?, vec![]),
        };
        let (acceptor, ca) = (certificate.acceptor().map_err(tls)?, certificate.authority().to_owned());
        let versions = Versions::open(sts, certificate, versions).map_err(state)?;
        let ca_file = ca_file(state_file.as_deref(), &ca)
            .map_err(|error| StartError::CaFile(state_file.unwrap_or_default(), error))?;
        Ok(Self { versions, operations: Operations::default(), gate: Gate::default(), tls: acceptor, ca_file })
    }

    /// `https://local-vault.vault.azure.net/keys/data-key-wrap`.
    #[must_use]
    pub fn key_id(&self) -> String {
        key_id()
    }

    /// The certificate to trust for `https://*.vault.azure.net`, in PEM. It outlives a restart if the state file does.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        match &self.ca_file {
            CaFile::Beside(path) => path,
            CaFile::Temporary(path) => path,
        }
    }

    /// All versions of the key, oldest first.
    #[must_use]
    pub fn versions(&self) -> Vec<KeyVersion> {
        self.versions.all()
    }

    /// A new version of the key, current from now on. Gives its name.
    pub fn rotate(&self) -> Result<String, VaultError> {
        self.versions.rotate()
    }

    /// Nothing can be done with this version any more but to read its public part.
    pub fn disable(&self, version: &str) -> Result<(), VaultError> {
        self.versions.change(version, |attributes| attributes.enabled = false)
    }

    /// Undoes [`Vault::disable`].
    pub fn enable(&self, version: &str) -> Result<(), VaultError> {
        self.versions.change(version, |attributes| attributes.enabled = true)
    }

    /// This version has expired: it unwraps, and wraps no more.
    pub fn expire(&self, version: &str) -> Result<(), VaultError> {
        let now = self.versions.now();
        self.versions.change(version, |attributes| attributes.expires = Some(now))
    }

    /// The vault cannot be reached: open connections are closed, and new ones before they are made.
    pub fn pause(&self) {
        self.gate.close();
    }

    /// Undoes [`Vault::pause`].
    pub fn resume(&self) {
        self.gate.open();
    }

    /// What was asked of the vault, oldest first; no more than the newest ten thousand.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.operations.all()
    }

    /// Forgets what was asked.
    pub fn forget_operations(&self) {
        self.operations.clear();
    }
}

pub(crate) fn key_id() -> String {
    format!("https://{HOST}/keys/{KEY_NAME}")
}

/// A CONNECT proxy on the way to the vault and nowhere else: other vaults have no address, and the rest of the world is
/// forbidden. There is no proxy before the vault is opened.
pub(crate) fn tunnels(sts: Arc<Sts>) -> Tunnels {
    Arc::new(move |host, port| match sts.vault.get() {
        None => Err(StatusCode::NOT_IMPLEMENTED),
        Some(vault) if (host, port) == (HOST, 443) => {
            let site = stand_in::Site::new(router(&sts, vault));
            Ok(site.with_tls(vault.tls.clone()).behind(vault.gate.clone()))
        }
        Some(_) if port == 443 && host.ends_with(DOMAIN) => Err(StatusCode::BAD_GATEWAY),
        Some(_) => Err(StatusCode::FORBIDDEN),
    })
}

/// The data plane, as its one host shows it.
fn router(sts: &Arc<Sts>, vault: &Arc<Vault>) -> Router {
    let site = Site { sts: Arc::clone(sts), vault: Arc::clone(vault) };
    Router::new()
        .fallback(routes::answer)
        .layer(axum::middleware::from_fn_with_state(site.clone(), intercept::intercept))
        .with_state(site)
}

/// What the routes share.
#[derive(Clone)]
struct Site {
    sts: Arc<Sts>,
    vault: Arc<Vault>,
}

fn ca_file(state_file: Option<&Path>, pem: &str) -> io::Result<CaFile> {
    let file = match state_file {
        // Absolute: programs in other folders read it.
        Some(state_file) => CaFile::Beside(std::path::absolute(state_file)?.with_extension("vault-ca.pem")),
        None => CaFile::Temporary(tempfile::Builder::new().suffix(".vault-ca.pem").tempfile()?.into_temp_path()),
    };
    match &file {
        CaFile::Beside(path) => fs::write(path, pem)?,
        CaFile::Temporary(path) => fs::write(path, pem)?,
    }
    Ok(file)
}
