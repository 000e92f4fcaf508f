//! The stages of `cargo xtask test`; a file for each that is more than its commands.

mod azd;
mod azure;
mod deny;
pub(crate) mod e2e;
mod lint;
mod package;
mod proof;
mod queries;

use std::fmt;

use clap::ValueEnum;

use crate::{command, tally::Tally, workspace::Workspace};

/// One stage. Their order is from the cheapest to the dearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Formatting, clippy, what is shipped, licences, the project's figures.
    Lint,
    /// Tests inside the crates.
    Unit,
    /// Integration tests, most of them over HTTP, and the examples in the documentation.
    Http,
    /// Real MCP clients and a real browser against `cargo local`.
    E2e,
    /// Several handlers on the Azure SDKs, against the emulators.
    Azure,
    /// The package and its deployment: the infrastructure, and the packaged handler behind the gateway.
    Package,
    /// The Azure Developer CLI itself in a fresh clone, against a control plane on loopback.
    Azd,
    /// Every fuzz target for a minute, mutated requests over HTTP for five, and a shard of the mutants; only with `--long`.
    Proof,
}

impl Stage {
    /// Whether `cargo xtask test` runs it only with `--long`.
    pub(crate) fn is_long(self) -> bool {
        self == Self::Proof
    }

    pub(crate) fn run(self, workspace: &Workspace) -> Tally {
        match self {
            Self::Lint => lint::run(workspace),
            Self::Unit => unit(workspace),
            Self::Http => http(workspace),
            Self::E2e => e2e::run(workspace),
            Self::Azure => azure::run(workspace),
            Self::Package => package::run(workspace),
            Self::Azd => azd::run(workspace),
            Self::Proof => proof::run(workspace),
        }
    }
}

/// Tests of the stage `azure` are not run twice.
const TESTS: &str = "test --workspace --exclude azure-tests --exclude cosmos-emulator --no-fail-fast";

fn unit(workspace: &Workspace) -> Tally {
    command::tests(&mut workspace.cargo("test --no-fail-fast --lib --bins"))
}

fn http(workspace: &Workspace) -> Tally {
    let mut tally = command::tests(&mut workspace.cargo(&format!("{TESTS} --test *")));
    if workspace.long() {
        tally += command::tests(&mut workspace.cargo("test --test edge --test guards --test http -- --ignored"));
    }
    tally += command::tests(&mut workspace.cargo("test --no-fail-fast --doc"));
    tally
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.to_possible_value().ok_or(fmt::Error)?.get_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_printed_as_it_is_typed() {
        for stage in Stage::value_variants() {
            assert_eq!(Stage::from_str(&stage.to_string(), false), Ok(*stage));
        }
        assert_eq!(Stage::E2e.to_string(), "e2e");
    }
}
