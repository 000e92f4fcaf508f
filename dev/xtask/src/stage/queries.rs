//! The Node package in `dev/kql`: every query of `infra/queries`, on lines that handlers have just logged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{command, npm};

/// Each fault that an alert is for, planted.
const FAULTS: &str = "test --test azure -- planted::";

/// The logs are those of the end-to-end run.
pub(super) fn run(workspace: &Workspace, logs: &Path) -> Tally {
    let package = workspace.root().join("dev/kql");
    let Some(faults) = empty_folder(workspace, "fault-logs").filter(|_| npm::installed(&package)) else {
        return Tally::FAILED;
    };
    let mut tally = command::tests(workspace.cargo(FAULTS).env("FAULT_LOGS", &faults));
    let mut node = Command::new("node");
    node.args(["--test", "--test-reporter=spec"]).current_dir(package);
    tally += command::tests(node.env("HANDLER_LOGS", logs).env("FAULT_LOGS", &faults));
    tally
}

/// A folder in `target`, without what an earlier run has left there.
pub(super) fn empty_folder(workspace: &Workspace, name: &str) -> Option<PathBuf> {
    let folder = workspace.root().join("target").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).inspect_err(|error| eprintln!("{}: {error}", folder.display())).ok()?;
    Some(folder)
}
