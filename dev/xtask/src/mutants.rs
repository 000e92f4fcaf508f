//! cargo-mutants on the files of both core crates that the threat model names: which files, which tests, and what is left
//! alive.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

/// The crates whose guards are mutated. `src` has `tests/guards` instead.
pub(crate) const CRATES: [&str; 2] = ["oauth-protocol", "authorization-server"];
const THREAT_MODEL: &str = "docs/threat-model.md";
const RECORD: &str = "docs/proof.md";
/// It searches thousands of interleavings, for minutes.
const LEFT_OUT: &str = "schedules";

/// The words for cargo-mutants, as far as they depend on the crate.
pub(crate) fn words(root: &Path, package: &str) -> io::Result<String> {
    let files = guarded(&fs::read_to_string(root.join(THREAT_MODEL))?, package);
    let mut words = vec!["--package".to_owned(), package.to_owned()];
    words.extend(files.into_iter().flat_map(|file| ["--file".to_owned(), file]));
    words.extend(["--", "--lib"].map(str::to_owned));
    words.extend(tests(root, package)?.into_iter().flat_map(|test| ["--test".to_owned(), test]));
    Ok(words.join(" "))
}

/// The files of a crate that the threat model names as code.
fn guarded(threat_model: &str, package: &str) -> BTreeSet<String> {
    let prefix = format!("](../crates/{package}/src/");
    let links = threat_model.match_indices(&prefix).filter_map(|(at, _)| threat_model.get(at + 5..)?.split(')').next());
    links.map(str::to_owned).collect()
}

/// The integration tests of a crate, but for [`LEFT_OUT`].
fn tests(root: &Path, package: &str) -> io::Result<BTreeSet<String>> {
    let folder = root.join("crates").join(package).join("tests");
    let mut names = BTreeSet::new();
    for entry in if folder.is_dir() { Some(fs::read_dir(folder)?) } else { None }.into_iter().flatten() {
        names.extend(entry?.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.remove(LEFT_OUT);
    Ok(names)
}

/// The mutants that no test noticed, and that the record does not list. Reads what cargo-mutants left in `output`, which must
/// have tried some.
pub(crate) fn unlisted_survivors(root: &Path, output: &Path) -> io::Result<Vec<String>> {
    let list = |name: &str| fs::read_to_string(output.join("mutants.out").join(name));
    let (missed, caught) = (list("missed.txt")?, list("caught.txt")?);
    println!("{} mutants caught, {} missed", caught.lines().count(), missed.lines().count());
    if missed.is_empty() && caught.is_empty() {
        return Err(io::Error::other("no mutant was tried"));
    }
    let record = fs::read_to_string(root.join(RECORD))?;
    Ok(survivors(&missed).filter(|survivor| !record.contains(&format!("`{survivor}`"))).collect())
}

/// `file: change`, without the line and the column, which move.
fn survivors(missed: &str) -> impl Iterator<Item = String> {
    missed.lines().filter_map(|line| {
        let (place, change) = line.split_once(": ")?;
        Some(format!("{}: {change}", place.split(':').next()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::folder;

    const MODEL: &str = "| a | b | [`x`](../crates/one/src/a.rs), [`y`](../crates/one/src/b/c.rs) | t |\n\
                         | a | b | [`x`](../crates/one/src/a.rs), [`z`](../crates/two/src/a.rs), [`s`](../src/a.rs) | t |";

    #[test]
    fn the_guarded_files_are_those_of_the_crate_and_the_tests_all_but_the_schedules() {
        let root = folder(&[
            (THREAT_MODEL, MODEL),
            ("crates/one/tests/first.rs", ""),
            ("crates/one/tests/more/main.rs", ""),
            ("crates/one/tests/schedules/main.rs", ""),
        ]);
        assert_eq!(
            words(root.path(), "one").unwrap(),
            "--package one --file crates/one/src/a.rs --file crates/one/src/b/c.rs -- --lib --test first --test more"
        );
        assert_eq!(words(root.path(), "two").unwrap(), "--package two --file crates/two/src/a.rs -- --lib");
    }

    #[test]
    fn a_survivor_counts_unless_the_record_lists_it() {
        let missed =
            "crates/one/src/a.rs:12:9: replace f -> bool with true\ncrates/one/src/a.rs:3:1: replace g with ()\n";
        let root = folder(&[
            (RECORD, "| `crates/one/src/a.rs: replace g with ()` | why |"),
            ("out/mutants.out/missed.txt", missed),
            ("out/mutants.out/caught.txt", ""),
            ("none/mutants.out/missed.txt", ""),
            ("none/mutants.out/caught.txt", ""),
        ]);
        let unlisted = unlisted_survivors(root.path(), &root.path().join("out")).unwrap();
        assert_eq!(unlisted, ["crates/one/src/a.rs: replace f -> bool with true"]);
        for untried in ["none", "nowhere"] {
            assert!(unlisted_survivors(root.path(), &root.path().join(untried)).is_err());
        }
    }
}
