//! Programs that PyPI has as wheels, each in a virtual environment of its own under `target/tools`.

use std::{ffi::OsString, fs, path::PathBuf, process::Command};

use crate::{command, workspace::Workspace};

/// A virtual environment.
#[derive(Debug)]
pub(crate) struct Environment {
    folder: PathBuf,
    packages: Vec<&'static str>,
}

impl Environment {
    /// Makes it unless it is there with these packages, each pinned as in `name==1.2.3`. None without Python or PyPI, which
    /// has then been said.
    pub(crate) fn installed(workspace: &Workspace, name: &str, packages: &[&'static str]) -> Option<Self> {
        let environment = Self::at(workspace.root().join("target/tools").join(name), packages);
        environment.is_installed().then_some(environment)
    }

    pub(crate) fn at(folder: impl Into<PathBuf>, packages: &[&'static str]) -> Self {
        Self { folder: folder.into(), packages: packages.to_vec() }
    }

    pub(crate) fn is_installed(&self) -> bool {
        self.is_complete() || self.install()
    }

    /// Where it has this program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        self.folder.join(folder).join(name)
    }

    /// The machine's PATH, with the programs of the environment first.
    #[expect(clippy::disallowed_methods, reason = "a child finds its programs where this process does")]
    pub(crate) fn first_in_path(&self) -> OsString {
        let others = std::env::var_os("PATH").unwrap_or_default();
        let folder = self.program("python").parent().map(PathBuf::from);
        std::env::join_paths(folder.into_iter().chain(std::env::split_paths(&others))).unwrap_or(others)
    }

    /// The file is written last, so that an interrupted installation starts over.
    fn is_complete(&self) -> bool {
        fs::read_to_string(self.stamp()).is_ok_and(|installed| installed == self.packages.join("\n"))
    }

    fn install(&self) -> bool {
        // Absent before the first installation.
        let _ = fs::remove_dir_all(&self.folder);
        let made = command::run(Command::new("python3").args(["-m", "venv"]).arg(&self.folder));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
        made && command::run(Command::new(self.program("python")).args(pip).args(&self.packages))
            && fs::write(self.stamp(), self.packages.join("\n")).is_ok()
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("installed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_counts_only_with_the_versions_that_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::at(folder.path(), &["ziglang==0.15.2", "cargo-zigbuild==0.24.1"]);
        assert!(!environment.is_complete());
        fs::write(environment.stamp(), "ziglang==0.9.0\ncargo-zigbuild==0.24.1").unwrap();
        assert!(!environment.is_complete());
        fs::write(environment.stamp(), "ziglang==0.15.2\ncargo-zigbuild==0.24.1").unwrap();
        assert!(environment.is_complete());
    }
}
