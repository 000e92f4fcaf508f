//! `cargo xtask smoke URL`: the program in `dev/smoke`, so that the other tasks need no HTTP client.

use std::ffi::OsString;

use crate::{package, workspace::Workspace};

/// True if nothing failed. Failures are printed. First comes the hash of the package that was built here, to be
/// compared with the one that `cargo xtask package` printed when it was deployed.
pub(crate) fn run(workspace: &Workspace, words: &[OsString]) -> bool {
    match package::hash(workspace) {
        Some(hash) => println!("     package here: sha256 {hash}"),
        None => println!("     package here: none; cargo xtask package builds it"),
    }
    workspace.cargo("run --quiet --bin smoke --").args(words).status().is_ok_and(|status| status.success())
}
