//! How large the package is, and what it needs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::check;
use super::content::{self, HANDLER};
use super::elf::Need;
use super::hash;

/// A few lines for readers of a deployment's log.
pub(super) fn of(package: &Path) -> String {
    let size = |path: &Path| fs::metadata(package.join(path)).map_or(0, |metadata| metadata.len());
    let files: Vec<u64> = content::files().map(|path| size(&path)).collect();
    let mut report = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(report, "package: {}", package.display());
    let _ = writeln!(report, "  handler    {:>7}", megabytes(size(Path::new(HANDLER))));
    let _ = writeln!(report, "  {:>2} files   {:>7}", files.len(), megabytes(files.iter().sum()));
    let needs = check::glibc_needs(package).unwrap_or_default();
    let newest = needs.iter().filter_map(Need::glibc).max();
    let glibc = newest.map_or_else(|| "none".to_owned(), |version| version.to_string());
    let _ = writeln!(report, "  needs glibc {glibc}");
    let _ = writeln!(report, "  sha256 {}", hash::of(package).unwrap_or_else(|error| error.to_string()));
    report
}

/// Rounded up to a tenth.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::tests::staged;

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(megabytes(0), "0.0 MB");
        assert_eq!(megabytes(1), "0.1 MB");
        assert_eq!(megabytes(15_636_072), "15.7 MB");
    }

    #[test]
    fn it_says_how_many_files_there_are_and_which_glibc_they_need() {
        let report = of(&staged().package());
        assert!(report.contains("17 files") && report.contains("needs glibc none"), "{report}");
    }
}
