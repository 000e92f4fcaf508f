//! `cargo xtask smoke URL`: the program in `dev/smoke`, so that the other tasks need no HTTP client.

use std::ffi::OsString;

use crate::workspace::Workspace;

/// True if nothing failed. What did has been printed.
pub(crate) fn run(workspace: &Workspace, words: &[OsString]) -> bool {
    workspace.cargo("run --quiet --bin smoke --").args(words).status().is_ok_and(|status| status.success())
}
