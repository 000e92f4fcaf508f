//! What azd deploys: the infrastructure held against its rules, the package, and the packaged handler at work with real
//! clients.

use std::process::Command;

use super::{TESTS, e2e};
use crate::package::{self, Glibc};
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{check_infra, command};

pub(super) fn run(workspace: &Workspace) -> Tally {
    let mut tally = check_infra::check(workspace, false);
    if !package::run(workspace, Glibc::AsInAzure) {
        tally += Tally::FAILED;
        return tally;
    }
    tally += Tally::PASSED;
    tally += command::tests(&mut smoke(workspace));
    tally += e2e::run_packaged(workspace, &package::folder(workspace));
    tally
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
