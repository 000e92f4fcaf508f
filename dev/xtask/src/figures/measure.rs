//! Counts and their percentiles.

use std::{fs, io, path::Path};

use rust_source::SourceError;

/// Median, 90th percentile and maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lengths {
    pub(super) median: usize,
    pub(super) p90: usize,
    pub(super) max: usize,
}

impl Lengths {
    pub(super) fn of(mut lengths: Vec<usize>) -> Self {
        lengths.sort_unstable();
        let percentile = |percent: usize| {
            let rank = (lengths.len() * percent).div_ceil(100);
            lengths.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { median: percentile(50), p90: percentile(90), max: percentile(100) }
    }

    pub(super) fn is_within(self, limit: Self) -> bool {
        self.median <= limit.median && self.p90 <= limit.p90 && self.max <= limit.max
    }
}

/// Lines of a Rust file, or of all Rust files below a folder; none if it is not there.
pub(super) fn lines_of(path: &Path) -> Result<usize, SourceError> {
    if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).map_err(|error| SourceError::Io(path.to_owned(), error))?;
        return Ok(text.lines().count());
    }
    let folder = if path.is_file() { Vec::new() } else { entries(path)? };
    folder.iter().map(|entry| lines_of(entry)).sum()
}

/// The names of the folders in a folder.
pub(super) fn folders(folder: &Path) -> Result<Vec<String>, SourceError> {
    let folders = entries(folder)?.into_iter().filter(|entry| entry.is_dir());
    let mut names: Vec<String> =
        folders.filter_map(|entry| entry.file_name().map(|name| name.to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, SourceError> {
    let failed = |error| SourceError::Io(folder.to_owned(), error);
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}
