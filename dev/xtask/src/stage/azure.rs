//! The emulator of Cosmos DB, and several handlers that use it and Key Vault through the Azure SDKs.

use std::process::Command;

use crate::command;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The handler by itself, as it is shipped: the emulator is a feature of a crate that both use.
const HANDLER: &str = "build -p remote-auth-mcp --bin handler";
const PACKAGES: [&str; 2] = ["cosmos-emulator", "azure-tests"];

pub(super) fn run(workspace: &Workspace) -> Tally {
    if !command::run(&mut workspace.cargo(HANDLER)) {
        return Tally::FAILED;
    }
    let mut tally = Tally::default();
    for package in PACKAGES {
        tally += command::tests(&mut tests(workspace, package));
    }
    tally
}

fn tests(workspace: &Workspace, package: &str) -> Command {
    let mut tests = workspace.cargo(&format!("test --no-fail-fast -p {package}"));
    if workspace.long() {
        tests.args(["--", "--include-ignored"]);
    }
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(long: bool) -> String {
        let command = tests(&Workspace::of_this_build(long), "azure-tests");
        command.get_args().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_takes_long_is_run_when_asked_for() {
        assert_eq!(words(false), "test --no-fail-fast -p azure-tests");
        assert_eq!(words(true), "test --no-fail-fast -p azure-tests -- --include-ignored");
    }
}
