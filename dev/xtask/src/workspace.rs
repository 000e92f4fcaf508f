//! Where the checkout is, and commands that run in it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout that this program was built from.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    cargo: OsString,
    long: bool,
}

impl Workspace {
    #[expect(clippy::disallowed_methods, reason = "cargo names itself to what it runs in the variable CARGO")]
    pub(crate) fn of_this_build(long: bool) -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.ancestors().nth(2).unwrap_or(package).to_owned();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self { root, cargo, long }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether everything is asked for, however long it takes.
    pub(crate) fn long(&self) -> bool {
        self.long
    }

    pub(crate) fn e2e(&self) -> PathBuf {
        self.root.join("dev/e2e")
    }

    /// The cargo that runs this.
    pub(crate) fn cargo_program(&self) -> &OsStr {
        &self.cargo
    }

    /// `cargo` with these words, separated by spaces.
    pub(crate) fn cargo(&self, words: &str) -> Command {
        let mut command = self.command(&self.cargo, words);
        if self.long {
            command.env("PROPTEST_CASES", "4096").env("LONG", "1");
        }
        command
    }

    /// Any program with these words, started in the root.
    pub(crate) fn command(&self, program: impl Into<OsString>, words: &str) -> Command {
        let mut command = Command::new(program.into());
        command.args(words.split(' ')).current_dir(&self.root);
        command
    }
}

/// A folder with these files, for tests of what reads a checkout.
#[cfg(test)]
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_where_the_workspace_is() {
        let manifest = std::fs::read_to_string(Workspace::of_this_build(false).root().join("Cargo.toml")).unwrap();
        assert!(manifest.starts_with("[workspace]"), "{manifest}");
    }
}
