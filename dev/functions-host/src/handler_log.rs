//! Where the handlers' lines go.

use std::fs::{File, OpenOptions};
use std::sync::{Arc, Mutex};
use std::{io, io::Write as _, path::PathBuf};

use stand_in::lock;

use crate::StartError;

/// Appends whole lines to a file, or to this process's stderr.
#[derive(Clone)]
pub(crate) struct HandlerLog(Option<Arc<Mutex<File>>>);

impl HandlerLog {
    pub(crate) fn open(path: Option<PathBuf>) -> Result<Self, StartError> {
        let Some(path) = path else { return Ok(Self(None)) };
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let file = opened.map_err(|error| StartError::Read(path, error))?;
        Ok(Self(Some(Arc::new(Mutex::new(file)))))
    }

    /// A line that cannot be written is lost; the handler must not suffer.
    pub(crate) fn line(&self, line: &str) {
        let line = format!("{line}\n");
        let _ = match &self.0 {
            Some(file) => lock(file).write_all(line.as_bytes()),
            None => io::stderr().write_all(line.as_bytes()),
        };
    }
}
