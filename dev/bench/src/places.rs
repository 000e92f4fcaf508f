//! Where the programs are.

use std::path::PathBuf;

/// Where the programs are.
pub(crate) struct Places {
    /// The packaged handler.
    pub(crate) handler: PathBuf,
    /// `bench-server`.
    pub(crate) server: PathBuf,
    /// What the registries' clients installed for the peers.
    pub(crate) peers: PathBuf,
}
