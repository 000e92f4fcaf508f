//! Puts the package together in a folder of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::content::{self, FOLDER_MODE, HANDLER, SBOM};
use super::modes;

/// A file that could not be put where it belongs.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub(super) struct StageError {
    path: PathBuf,
    source: io::Error,
}

/// Whatever was in `package` before is gone.
pub(super) fn stage(root: &Path, handler: &Path, sbom: &str, package: &Path) -> Result<(), StageError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| StageError { path, source }
    };
    if package.exists() {
        fs::remove_dir_all(package).map_err(at(package))?;
    }
    fs::create_dir_all(package).map_err(at(package))?;
    modes::set(package, FOLDER_MODE).map_err(at(package))?;
    for function in content::FUNCTIONS {
        let folder = package.join(function);
        fs::create_dir(&folder).map_err(at(&folder))?;
    }
    for file in content::copied() {
        let from = root.join(&file);
        fs::copy(&from, package.join(&file)).map_err(at(&from))?;
    }
    fs::copy(handler, package.join(HANDLER)).map_err(at(handler))?;
    fs::write(package.join(SBOM), sbom).map_err(at(&package.join(SBOM)))?;
    for (entry, mode) in content::entries() {
        let path = package.join(entry);
        modes::set(&path, mode).map_err(at(&path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::check;
    use crate::package::tests::Repository;

    #[test]
    fn a_staged_package_has_no_fault_whatever_the_modes_were() {
        let repository = Repository::new();
        modes::set(&repository.root().join("host.json"), 0o600).unwrap();
        modes::set(&repository.root().join("mcp/function.json"), 0o777).unwrap();
        repository.stage().unwrap();
        assert_eq!(check::faults(&repository.package(), None), []);
    }

    #[test]
    fn nothing_of_an_earlier_package_stays() {
        let repository = Repository::new();
        fs::create_dir_all(repository.package().join("left-over")).unwrap();
        fs::write(repository.package().join("local.settings.json"), "{}").unwrap();
        repository.stage().unwrap();
        assert!(!repository.package().join("left-over").exists());
        assert!(!repository.package().join("local.settings.json").exists());
    }

    #[test]
    fn only_what_belongs_into_it_is_copied() {
        let repository = Repository::new();
        fs::write(repository.root().join("mcp/notes.txt"), "a draft").unwrap();
        repository.stage().unwrap();
        assert_eq!(check::faults(&repository.package(), None), []);
    }

    #[test]
    fn a_function_that_the_repository_lacks_is_named() {
        let repository = Repository::new();
        fs::remove_file(repository.root().join("token/function.json")).unwrap();
        let error = repository.stage().unwrap_err();
        assert!(error.to_string().contains("token/function.json"), "{error}");
    }

    #[test]
    fn a_handler_that_is_not_there_is_named() {
        let repository = Repository::new();
        fs::remove_file(repository.built()).unwrap();
        let error = repository.stage().unwrap_err();
        assert!(error.to_string().contains("built"), "{error}");
    }
}
