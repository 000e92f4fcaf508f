//! Checks that need no test; each command counts as one.

use super::deny;
use crate::command;
use crate::shipped;
use crate::tally::Tally;
use crate::workspace::Workspace;

pub(super) fn run(workspace: &Workspace) -> Tally {
    let mut tally = command::check(&mut workspace.cargo("fmt --all --check"));
    tally += command::check(&mut workspace.cargo("clippy --locked --workspace --all-targets -- -D warnings"));
    tally += nothing_of_dev_is_shipped(workspace);
    tally += deny::run(workspace);
    tally
}

fn nothing_of_dev_is_shipped(workspace: &Workspace) -> Tally {
    let mut tree = workspace.cargo("tree -e normal -p remote-auth-mcp --target all --prefix none");
    let Some(tree) = command::output(&mut tree) else { return Tally::FAILED };
    let found = shipped::dev_packages(&tree, workspace.root());
    for package in &found {
        eprintln!("remote-auth-mcp ships {package}, which is under dev/");
    }
    if found.is_empty() { Tally::PASSED } else { Tally::FAILED }
}
