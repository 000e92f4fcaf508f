//! zig and cargo-zigbuild, which link against an older glibc than this machine's: by pip, into a folder under `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command;
use crate::workspace::Workspace;

const PACKAGES: [&str; 2] = ["ziglang==0.15.2", "cargo-zigbuild==0.24.1"];

/// An installation.
#[derive(Debug)]
pub(super) struct Zig(PathBuf);

/// Installs it unless it is there.
pub(super) fn installed(workspace: &Workspace) -> Option<Zig> {
    let zig = Zig(workspace.root().join("target/zig"));
    if zig.is_complete() || zig.install() { Some(zig) } else { None }
}

impl Zig {
    /// `cargo-zigbuild` with these words, which replaces `cargo build`.
    pub(super) fn build(&self, workspace: &Workspace, words: &str) -> Command {
        let mut command = workspace.command(self.program("cargo-zigbuild"), &format!("zigbuild {words}"));
        command.env("CARGO", workspace.cargo_program()).env("CARGO_ZIGBUILD_PYTHON_PATH", self.program("python"));
        command
    }

    /// Written last, so that an installation that was broken off is made anew.
    fn is_complete(&self) -> bool {
        fs::read_to_string(self.stamp()).is_ok_and(|installed| installed == stamp())
    }

    fn install(&self) -> bool {
        // Absent before the first installation.
        let _ = fs::remove_dir_all(&self.0);
        let made = command::run(Command::new("python3").args(["-m", "venv"]).arg(&self.0));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        made && command::run(Command::new(self.program("python")).args(pip).args(PACKAGES))
            && fs::write(self.stamp(), stamp()).is_ok()
    }

    fn stamp(&self) -> PathBuf {
        self.0.join("installed")
    }

    fn program(&self, name: &str) -> PathBuf {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        Path::new(&self.0).join(folder).join(name)
    }
}

fn stamp() -> String {
    PACKAGES.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_counts_only_with_the_versions_that_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let zig = Zig(folder.path().to_owned());
        assert!(!zig.is_complete());
        fs::write(zig.stamp(), "ziglang==0.9.0\ncargo-zigbuild==0.24.1").unwrap();
        assert!(!zig.is_complete());
        fs::write(zig.stamp(), stamp()).unwrap();
        assert!(zig.is_complete());
    }

    #[test]
    fn it_builds_with_the_cargo_that_runs_this_and_its_own_python() {
        let workspace = Workspace::of_this_build(false);
        let command = Zig("/venv".into()).build(&workspace, "--release -p x");
        let words: Vec<_> = command.get_args().collect();
        assert_eq!(words, ["zigbuild", "--release", "-p", "x"]);
        let variables: Vec<_> = command.get_envs().map(|(name, value)| (name, value.unwrap())).collect();
        assert!(variables.contains(&("CARGO".as_ref(), workspace.cargo_program())), "{variables:?}");
        let python = variables.iter().find(|(name, _)| *name == "CARGO_ZIGBUILD_PYTHON_PATH").unwrap();
        assert!(Path::new(python.1).starts_with("/venv"));
    }
}
