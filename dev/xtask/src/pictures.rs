//! `cargo xtask pictures`: the pictures of a sign-in in README.md, from a run of `dev/e2e`.

use std::process::Command;

use crate::command;
use crate::stage::e2e;
use crate::workspace::Workspace;

/// Whether both were written.
pub(crate) fn run(workspace: &Workspace) -> bool {
    e2e::prepared(workspace) && command::run(Command::new("node").arg("pictures.mjs").current_dir(workspace.e2e()))
}
