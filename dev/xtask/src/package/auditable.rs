//! cargo-auditable, which puts the list of crates into the handler itself, where scanners of deployed programs find it.

use std::path::PathBuf;
use std::process::Command;

use crate::command;
use crate::workspace::Workspace;

const INSTALL: &str = "install cargo-auditable --locked --version 0.7.7 --root target/tools/cargo-auditable";
const PROGRAM: &str = "target/tools/cargo-auditable/bin/cargo-auditable";

/// A deployment does not fail for it: the bill of materials beside the handler says the same.
const ABSENT: &str = "\
WARNING: cargo-auditable is not there, and crates.io did not give it.
WARNING: the handler does not name its own crates; sbom.cdx.json in the package does.";

/// Installs it unless it is there; None without crates.io, which has then been said.
pub(super) fn installed(workspace: &Workspace) -> Option<PathBuf> {
    let program = workspace.root().join(PROGRAM);
    if program.is_file() || command::run(&mut workspace.cargo(INSTALL)) {
        return Some(program);
    }
    eprintln!("{ABSENT}");
    None
}

/// The same build, run by cargo-auditable: `cargo-zigbuild zigbuild …` and `cargo build …` keep their words.
pub(super) fn around(auditable: Option<PathBuf>, build: Command) -> Command {
    let Some(auditable) = auditable else { return build };
    let mut command = Command::new(auditable);
    command.arg("auditable").args(build.get_args());
    if let Some(folder) = build.get_current_dir() {
        command.current_dir(folder);
    }
    command.envs(build.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Whether a program names its crates: cargo-auditable puts them into a section of this name.
pub(super) fn names_its_crates(program: &[u8]) -> bool {
    const SECTION: &[u8] = b".dep-v0\0";
    program.windows(SECTION.len()).any(|bytes| bytes == SECTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_names_its_crates_in_a_section_of_its_own() {
        assert!(names_its_crates(b"\x7fELF .text\0.dep-v0\0.strtab\0"));
        assert!(!names_its_crates(b"\x7fELF .text\0.strtab\0 .dep-v01"));
    }

    #[test]
    fn it_runs_the_same_build() {
        let workspace = Workspace::of_this_build(false);
        let build = |auditable| around(auditable, workspace.cargo("build --release"));
        assert_eq!(build(None).get_program(), workspace.cargo_program());
        let command = build(Some("/tools/cargo-auditable".into()));
        assert_eq!(command.get_program(), "/tools/cargo-auditable");
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["auditable", "build", "--release"]);
        assert_eq!(command.get_current_dir(), Some(workspace.root()));
    }
}
