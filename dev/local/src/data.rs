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
