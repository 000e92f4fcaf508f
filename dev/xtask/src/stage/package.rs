//! Everything that azd deploys: the infrastructure held against its rules, the package, and the packaged handler with
//! real clients.

use std::path::Path;
use std::process::Command;

use super::{TESTS, e2e};
use crate::package::{self, Glibc};
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{bench, check_infra, command};

pub(super) fn run(workspace: &Workspace) -> Tally {
    let mut tally = check_infra::check(workspace, false);
    if !package::run(workspace, Glibc::AsInAzure) {
        tally += Tally::FAILED;
        return tally;
    }
    tally += Tally::PASSED;
    if !package::names_its_crates(workspace) {
        let reason = "crates.io did not give cargo-auditable: connect to it and run again";
        tally += command::skip("the crates in the handler", reason);
    }
    tally += package::sbom_schema::check(workspace);
    tally += command::tests(&mut smoke(workspace));
    let package = package::folder(workspace);
    tally += command::tests(&mut azure(workspace, &package));
    tally += e2e::run_packaged(workspace, &package);
    tally += bench::instructions(workspace);
    tally
}

/// A part of the stage `azure` with the handler that is packaged, because that one has fewer features.
fn azure(workspace: &Workspace, package: &Path) -> Command {
    let mut azure = workspace.cargo("test --no-fail-fast --test azure -- operations::");
    azure.env("AZURE_TESTS_HANDLER", package.join("handler"));
    azure
}

/// The tests of `dev/smoke` that need the package are marked `#[ignore]`, because in other stages there is none. They are
/// asked of the whole workspace, because with `-p` half of what they depend on would be compiled again.
fn smoke(workspace: &Workspace) -> Command {
    let mut smoke = workspace.cargo(&format!("{TESTS} --test packaged -- --ignored"));
    if workspace.long() {
        smoke.env("LONG", "1");
    }
    smoke
}
