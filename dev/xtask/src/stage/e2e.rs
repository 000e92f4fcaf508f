//! The Node package in `dev/e2e`, installed by its lock file, against the programs of the workspace, or against what is
//! packaged; MSAL for Python against the local tenant; and the queries of operators on the lines that all this logged.

use std::{path::Path, process::Command};

use super::queries;
use crate::{command, npm, tally::Tally, workspace::Workspace};

const PROGRAMS: &str = "build --bin handler --bin local --bin local-tenant --bin rmcp-client --bin conformance-server --bin published-clients";

pub(super) fn run(workspace: &Workspace) -> Tally {
    if !prepared(workspace) {
        return Tally::FAILED;
    }
    let Some(logs) = queries::empty_folder(workspace, "handler-logs") else { return Tally::FAILED };
    let mut tally = command::tests(tests(workspace, &workspace.e2e()).env("HANDLER_LOGS", &logs));
    tally += command::tests(Command::new("dev/local-tenant/tests/msal/run").current_dir(workspace.root()));
    tally += queries::run(workspace, &logs);
    tally
}

/// The client matrix against the handler that is packaged in this folder.
pub(super) fn run_packaged(workspace: &Workspace, package: &Path) -> Tally {
    if !prepared(workspace) {
        return Tally::FAILED;
    }
    command::tests(tests(workspace, &workspace.e2e().join("test/clients")).env("E2E_PACKAGE", package))
}

/// Whether everything that the tests need is built and installed.
pub(crate) fn prepared(workspace: &Workspace) -> bool {
    command::run(&mut workspace.cargo(PROGRAMS)) && npm::installed(&workspace.e2e())
}

/// Every test below the folder.
fn tests(workspace: &Workspace, folder: &Path) -> Command {
    let mut node = Command::new("node");
    // Most files wait for most of their time; Node would run one less than there are cores.
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=3"]).current_dir(folder);
    if workspace.long() {
        node.env("E2E_LONG", "1");
    }
    node
}
