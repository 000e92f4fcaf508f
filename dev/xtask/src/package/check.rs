//! The last look at a package before it is deployed: every fault with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::content::{self, HANDLER};
use super::elf::{self, ElfError, Need, Version};
use super::modes;

/// Why a package must not be deployed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("{} is missing", .0.display())]
    Missing(PathBuf),
    #[error("{} does not belong in the package", .0.display())]
    Extra(PathBuf),
    #[error("{} has the mode {found:o}, not {expected:o}", path.display())]
    Mode { path: PathBuf, found: u32, expected: u32 },
    #[error("{}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("handler does not run in Azure: {0}")]
    Program(String),
    #[error("handler needs {version}{}, and {newest} is the newest glibc that Azure surely has", because(symbol.as_deref()))]
    Glibc { version: String, symbol: Option<String>, newest: Version },
}

fn because(symbol: Option<&str>) -> String {
    symbol.map(|symbol| format!(" for {symbol}")).unwrap_or_default()
}

/// All faults of a package. `newest`: the newest glibc that may be needed, if that matters.
pub(super) fn faults(package: &Path, newest: Option<Version>) -> Vec<Fault> {
    let mut found = match entries(package) {
        Ok(found) => found,
        Err(error) => return vec![unreadable(package, &error)],
    };
    let mut faults = Vec::new();
    for (path, expected) in content::entries() {
        match found.remove(&path) {
            None => faults.push(Fault::Missing(path)),
            Some(Some(mode)) if mode != expected => faults.push(Fault::Mode { path, found: mode, expected }),
            Some(_) => {}
        }
    }
    faults.extend(found.into_keys().map(Fault::Extra));
    faults.extend(program_faults(&package.join(HANDLER), newest));
    faults
}

/// The versions of glibc that the packaged handler needs.
pub(super) fn glibc_needs(package: &Path) -> Result<Vec<Need>, Fault> {
    let path = package.join(HANDLER);
    let program = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
    elf::glibc_needs(&program).map_err(|error: ElfError| Fault::Program(error.to_string()))
}

fn program_faults(handler: &Path, newest: Option<Version>) -> Vec<Fault> {
    // That it is missing has been said.
    let Some(package) = handler.parent().filter(|_| handler.is_file()) else { return Vec::new() };
    let needs = match glibc_needs(package) {
        Ok(needs) => needs,
        Err(fault) => return vec![fault],
    };
    let Some(newest) = newest else { return Vec::new() };
    let too_new = needs.into_iter().filter(|need| need.is_newer_than(newest));
    too_new.map(|Need { version, symbol }| Fault::Glibc { version, symbol, newest }).collect()
}

/// Every entry by its path in the package. A link has no mode of its own, and never belongs.
fn entries(package: &Path) -> io::Result<BTreeMap<PathBuf, Option<u32>>> {
    let entry = |entry: Result<walkdir::DirEntry, walkdir::Error>| {
        let entry = entry?;
        let path = entry.path().strip_prefix(package).unwrap_or(entry.path());
        let is_link = entry.path_is_symlink();
        Ok(if is_link { (path.join("(a link)"), None) } else { (path.to_owned(), modes::mode(&entry.metadata()?)) })
    };
    WalkDir::new(package).min_depth(1).into_iter().map(entry).collect()
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    Fault::Unreadable { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::elf::NEWEST_GLIBC;
    use crate::package::tests::{Repository, staged};

    /// The faults found in a package after this was done to it.
    fn said_after(harm: impl FnOnce(&Path)) -> Vec<String> {
        let repository: Repository = staged();
        harm(&repository.package());
        faults(&repository.package(), None).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_package_without_the_binary_is_refused() {
        let said = said_after(|package| fs::remove_file(package.join("handler")).unwrap());
        assert_eq!(said, ["handler is missing"]);
    }

    #[test]
    fn a_binary_that_may_not_be_run_is_refused() {
        let said = said_after(|package| modes::set(&package.join("handler"), 0o644).unwrap());
        assert_eq!(said, ["handler has the mode 644, not 755"]);
    }

    #[test]
    fn a_file_that_not_everybody_may_read_is_refused() {
        let said = said_after(|package| modes::set(&package.join("mcp/function.json"), 0o600).unwrap());
        assert_eq!(said, ["mcp/function.json has the mode 600, not 644"]);
    }

    #[test]
    fn a_missing_function_is_refused() {
        let said = said_after(|package| fs::remove_dir_all(package.join("token")).unwrap());
        assert_eq!(said, ["token is missing", "token/function.json is missing"]);
    }

    #[test]
    fn a_file_that_does_not_belong_is_refused() {
        let said = said_after(|package| {
            fs::write(package.join("local.settings.json"), "{}").unwrap();
            fs::write(package.join("mcp/function.json.orig"), "{}").unwrap();
        });
        let refused = |path: &str| format!("{path} does not belong in the package");
        assert_eq!(said, [refused("local.settings.json"), refused("mcp/function.json.orig")]);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_refused_whatever_it_points_to() {
        let said = said_after(|package| {
            fs::remove_file(package.join("host.json")).unwrap();
            std::os::unix::fs::symlink("mcp/function.json", package.join("host.json")).unwrap();
        });
        assert!(said.contains(&"host.json is missing".to_owned()) && said.iter().any(|line| line.contains("a link")));
    }

    #[test]
    fn a_script_instead_of_the_binary_is_refused() {
        let said = said_after(|package| fs::write(package.join("handler"), "#!/bin/sh\n").unwrap());
        assert!(matches!(said.as_slice(), [only] if only.starts_with("handler does not run in Azure")), "{said:?}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_one_fault() {
        assert_eq!(faults(Path::new("/no/such/package"), None).len(), 1);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
    fn a_binary_that_needs_too_new_a_glibc_is_refused_with_the_symbol() {
        let repository = staged();
        fs::copy(std::env::current_exe().unwrap(), repository.package().join(HANDLER)).unwrap();
        let faults = faults(&repository.package(), Some(Version { major: 2, minor: 1 }));
        assert!(faults.iter().all(|fault| matches!(fault, Fault::Glibc { .. })) && !faults.is_empty(), "{faults:?}");
        let said = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(said.contains("handler needs GLIBC_2.") && said.contains(" for "), "{said}");
    }

    #[test]
    fn the_limit_is_what_is_documented() {
        assert_eq!(NEWEST_GLIBC.to_string(), "2.28");
    }
}
