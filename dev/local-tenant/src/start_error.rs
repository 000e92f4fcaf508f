//! Errors at the start.

use std::{io, path::PathBuf};

use stand_in::{ListenError, TlsError};

/// Why the tenant does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or cannot be bound.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The state file cannot be read or written.
    #[error("the state file {0} cannot be used: {1}")]
    State(PathBuf, #[source] io::Error),
    /// Not an absolute URI without fragment.
    #[error("the redirect URI {0:?} is not an absolute URI without fragment")]
    RedirectUri(String),
    /// There is no certificate for https or the vault.
    #[error("https: {0}")]
    Tls(TlsError),
    /// The certificate of the authority cannot be written.
    #[error("the certificate cannot be written to {0}: {1}")]
    CaFile(PathBuf, #[source] io::Error),
    /// Nobody has this user principal name.
    #[error("there is no user {0:?}; the users are alice@, bob@ and layla@contoso.example")]
    UnknownUser(String),
}
