//! Node packages, installed by their lock files.

use std::{fs, path::Path, process::Command};

use crate::command;

/// Installs what the lock file lists, unless that is there already.
pub(crate) fn installed(package: &Path) -> bool {
    is_installed(package)
        || command::run(
            Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(package),
        )
}

/// npm writes `node_modules/.package-lock.json` at the end of an installation.
fn is_installed(package: &Path) -> bool {
    let time = |file: &str| fs::metadata(package.join(file)).and_then(|metadata| metadata.modified());
    match (time("package-lock.json"), time("node_modules/.package-lock.json")) {
        (Ok(locked), Ok(installed)) => locked <= installed,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::*;

    fn package(locked: u64, installed: Option<u64>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let touch = |file: &str, seconds| {
            let file = File::create(folder.path().join(file)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        };
        touch("package-lock.json", locked);
        if let Some(seconds) = installed {
            fs::create_dir(folder.path().join("node_modules")).unwrap();
            touch("node_modules/.package-lock.json", seconds);
        }
        folder
    }

    #[test]
    fn a_fresh_clone_is_not_installed() {
        assert!(!is_installed(package(1000, None).path()));
    }

    #[test]
    fn an_installation_newer_than_the_lock_file_is_kept() {
        assert!(is_installed(package(1000, Some(1001)).path()));
    }

    #[test]
    fn a_changed_lock_file_is_installed_again() {
        assert!(!is_installed(package(1002, Some(1001)).path()));
    }
}
