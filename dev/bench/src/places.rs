//! Where the programs are.

use std::path::PathBuf;

/// Where the programs are.
pub(crate) struct Places {
    /// The packaged handler.
    pub(crate) handler: PathBuf,
    /// `bench-server`.
    pub(crate) server: PathBuf,
    /// The folder into which the registries' clients installed the peers.
    pub(crate) peers: PathBuf,
}
