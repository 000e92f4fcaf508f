//! The servers that people would pick instead, installed under `target` by the registries' clients, each at a pinned version.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::pip::Environment;
use crate::workspace::Workspace;
use crate::{command, npm};

/// The packages of `FastMCP`'s virtual environment.
const REQUIREMENTS: &str = include_str!("../../../bench/peers/fastmcp/requirements.txt");

/// Where they are installed.
pub(super) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("target/bench-peers")
}

/// Installs what can be installed. A peer that is not there afterwards is left out, which `dev/bench` says.
pub(super) fn install(workspace: &Workspace) {
    let (sources, folder) = (workspace.root().join("dev/bench/peers"), folder(workspace));
    if let Err(error) = copied(&sources, &folder) {
        eprintln!("the peers are not installed: {error}");
        return;
    }
    // A build that fails would leave that of older sources.
    let _ = fs::remove_file(folder.join("go/server"));
    let packages = REQUIREMENTS.lines().collect::<Vec<_>>();
    let installed = [
        ("the TypeScript SDK", npm::installed(&folder.join("typescript"))),
        (
            "the Go SDK",
            command::run(Command::new("go").args(["build", "-o", "server", "."]).current_dir(folder.join("go"))),
        ),
        ("FastMCP", Environment::at(folder.join("venv"), &packages).is_installed()),
    ];
    for (peer, _) in installed.iter().filter(|(_, installed)| !installed) {
        eprintln!("{peer} is not installed");
    }
}

/// Copies a folder. A file with the same content keeps its time, so that npm installs nothing anew.
fn copied(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copied(&entry.path(), &target)?;
        } else if fs::read(&target).ok() != Some(fs::read(entry.path())?) {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::workspace;

    #[test]
    fn a_file_is_copied_only_if_it_has_changed() {
        let (from, to) =
            (workspace::folder(&[("a/x", "new"), ("y", "same")]), workspace::folder(&[("a/x", "old"), ("y", "same")]));
        let at = |file: &str| fs::File::options().write(true).open(to.path().join(file)).unwrap();
        at("a/x").set_modified(SystemTime::UNIX_EPOCH).unwrap();
        at("y").set_modified(SystemTime::UNIX_EPOCH).unwrap();
        copied(from.path(), to.path()).unwrap();
        assert_eq!(fs::read_to_string(to.path().join("a/x")).unwrap(), "new");
        let modified = |file: &str| fs::metadata(to.path().join(file)).unwrap().modified().unwrap();
        assert!(modified("a/x") > SystemTime::UNIX_EPOCH && modified("y") == SystemTime::UNIX_EPOCH);
    }

    #[test]
    fn every_package_is_pinned() {
        assert!(REQUIREMENTS.lines().all(|line| line.contains("==")) && REQUIREMENTS.contains("fastmcp==4."));
    }
}
