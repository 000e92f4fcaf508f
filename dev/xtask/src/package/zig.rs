//! zig and cargo-zigbuild, which link against an older glibc than this machine's.

use std::process::Command;

use crate::{pip::Environment, workspace::Workspace};

const PACKAGES: [&str; 2] = ["ziglang==0.15.2", "cargo-zigbuild==0.24.1"];

/// An installation.
#[derive(Debug)]
pub(super) struct Zig(Environment);

/// Installs it unless it is there.
pub(super) fn installed(workspace: &Workspace) -> Option<Zig> {
    Environment::installed(workspace, "zig", &PACKAGES).map(Zig)
}

impl Zig {
    /// `cargo-zigbuild` with these words, which replaces `cargo build`.
    pub(super) fn build(&self, workspace: &Workspace, words: &str) -> Command {
        let mut command = workspace.command(self.0.program("cargo-zigbuild"), &format!("zigbuild {words}"));
        command.env("CARGO", workspace.cargo_program()).env("CARGO_ZIGBUILD_PYTHON_PATH", self.0.program("python"));
        // Whatever runs `cargo zigbuild` finds it there.
        command.env("PATH", self.0.first_in_path());
        command
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn it_builds_with_the_cargo_that_runs_this_and_its_own_python() {
        let workspace = Workspace::of_this_build(false);
        let command = Zig(Environment::at("/venv", &PACKAGES)).build(&workspace, "--release -p x");
        let words: Vec<_> = command.get_args().collect();
        assert_eq!(words, ["zigbuild", "--release", "-p", "x"]);
        let variables: Vec<_> = command.get_envs().map(|(name, value)| (name, value.unwrap())).collect();
        assert!(variables.contains(&("CARGO".as_ref(), workspace.cargo_program())), "{variables:?}");
        let python = variables.iter().find(|(name, _)| *name == "CARGO_ZIGBUILD_PYTHON_PATH").unwrap();
        assert!(Path::new(python.1).starts_with("/venv"));
    }
}
