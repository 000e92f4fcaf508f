//! The folder for the data that is kept between runs.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::StartError;

const LOCK: &str = "lock";
const TENANT: &str = "tenant.json";
const LOG: &str = "handler.log";
/// The files that `--fresh` removes: those of this program and the handler.
const KEPT: [&str; 4] = ["store.redb", "data-key", TENANT, LOG];

/// The folder, held by this process until dropped.
#[derive(Debug)]
pub(crate) struct Data {
    folder: PathBuf,
    _lock: File,
}

impl Data {
    /// Makes the folder if it is not there; with `fresh`, forgets what was kept in it.
    pub(crate) fn open(folder: &Path, fresh: bool) -> Result<Self, StartError> {
        let failed = |source| StartError::Data { folder: folder.to_owned(), source };
        let folder = std::path::absolute(folder).map_err(failed)?;
        fs::create_dir_all(&folder).map_err(failed)?;
        let lock = File::create(folder.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StartError::DataInUse(folder)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        if fresh {
            KEPT.iter().try_for_each(|name| remove(&folder.join(name))).map_err(failed)?;
        }
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn tenant(&self) -> PathBuf {
        self.folder.join(TENANT)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join(LOG)
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_made() {
        let parent = tempfile::tempdir().unwrap();
        let data = Data::open(&parent.path().join("a/b"), false).unwrap();
        assert!(data.folder().is_dir());
        assert_eq!(data.log(), parent.path().join("a/b/handler.log"));
    }

    #[test]
    fn data_stays_without_fresh() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("store.redb"), "kept").unwrap();
        Data::open(folder.path(), false).unwrap();
        assert_eq!(fs::read(folder.path().join("store.redb")).unwrap(), b"kept");
    }

    #[test]
    fn fresh_forgets_what_was_kept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["store.redb", "data-key", "tenant.json", "handler.log", "thesis.txt"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        Data::open(folder.path(), true).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["lock", "thesis.txt"]);
    }

    #[test]
    fn fresh_does_not_touch_a_folder_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let _held = Data::open(folder.path(), false).unwrap();
        fs::write(folder.path().join("store.redb"), "kept").unwrap();
        assert!(matches!(Data::open(folder.path(), true), Err(StartError::DataInUse(_))));
        assert!(folder.path().join("store.redb").is_file());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(matches!(Data::open(&file, false), Err(StartError::Data { .. })));
    }
}
