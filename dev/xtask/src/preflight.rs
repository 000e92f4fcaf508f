//! `cargo xtask preflight`: the program in `dev/preflight`, so that the other tasks need no HTTP client.

use std::ffi::OsString;

use crate::workspace::Workspace;

/// Whether it found no fault. It has printed the faults.
pub(crate) fn run(workspace: &Workspace, words: &[OsString]) -> bool {
    // Not quiet: the first run compiles for a minute or two, and azd shows that.
    let mut command = workspace.cargo("run --bin preflight -- --root");
    command.arg(workspace.root()).args(words).status().is_ok_and(|status| status.success())
}
