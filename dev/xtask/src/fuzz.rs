//! The fuzz targets of `dev/fuzz`: what they are called, and whether every one of them is complete.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::workspace::Workspace;

/// Fuzzing needs a nightly toolchain, and compiling the targets none. They are a workspace of their own.
const COMPILES: &str = "clippy --locked --manifest-path dev/fuzz/Cargo.toml --target-dir target -- -D warnings";

const RECORD: &str = "docs/proof.md";
/// The first cells of the header of the table of targets.
const HEADER: &str = "| target |";

/// Whether every target compiles. libFuzzer itself, which is C++, is neither compiled nor linked.
pub(crate) fn compiles(workspace: &Workspace) -> Command {
    let mut clippy = workspace.cargo(COMPILES);
    clippy.env("CUSTOM_LIBFUZZER_PATH", workspace.root().join("target/libfuzzer.a"));
    clippy
}

/// The targets, by the names of their files.
pub(crate) fn targets(root: &Path) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(root.join("dev/fuzz/fuzz_targets"))? {
        names.extend(entry?.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    Ok(names)
}

/// A line for each target that lacks its binary, its seeds or its row in the documentation, and for each of these without
/// a target.
pub(crate) fn faults(root: &Path) -> io::Result<Vec<String>> {
    let files = targets(root)?;
    let manifest = binaries(&fs::read_to_string(root.join("dev/fuzz/Cargo.toml"))?);
    let seeds = seeds(&root.join("dev/fuzz/corpus"))?;
    let rows = rows(&fs::read_to_string(root.join(RECORD))?);
    let places = [
        (&files, "no file in dev/fuzz/fuzz_targets"),
        (&manifest, "no [[bin]] in dev/fuzz/Cargo.toml"),
        (&seeds, "no seed in dev/fuzz/corpus"),
        (&rows, "no row in docs/proof.md"),
    ];
    let names: BTreeSet<&String> = places.iter().flat_map(|(names, _)| *names).collect();
    let lacking = |name: &String| {
        let missing = places.iter().filter(|(names, _)| !names.contains(name));
        missing.map(|(_, fault)| format!("the fuzz target {name} has {fault}")).collect::<Vec<_>>()
    };
    if names.is_empty() {
        return Ok(vec!["there is no fuzz target".to_owned()]);
    }
    Ok(names.into_iter().flat_map(lacking).collect())
}

fn binaries(manifest: &str) -> BTreeSet<String> {
    let path = |line: &str| Some(line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\"")?.to_owned());
    manifest.lines().filter_map(path).collect()
}

/// The folders with a file.
fn seeds(corpus: &Path) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(corpus)? {
        let entry = entry?;
        if fs::read_dir(entry.path())?.next().is_some() {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

fn rows(document: &str) -> BTreeSet<String> {
    let table = document.lines().skip_while(|line| !line.starts_with(HEADER)).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::folder;

    const COMPLETE: [(&str, &str); 4] = [
        ("dev/fuzz/fuzz_targets/form.rs", ""),
        ("dev/fuzz/Cargo.toml", "[[bin]]\nname = \"form\"\npath = \"fuzz_targets/form.rs\"\n"),
        ("dev/fuzz/corpus/form/a", "a=b"),
        ("docs/proof.md", "# Proof\n\n| target | it shows |\n|---|---|\n| `form` | x |\n"),
    ];

    #[test]
    fn a_target_with_its_binary_a_seed_and_a_row_is_complete() {
        let root = folder(&COMPLETE);
        assert_eq!(faults(root.path()).unwrap(), [""; 0]);
        assert_eq!(targets(root.path()).unwrap(), BTreeSet::from(["form".to_owned()]));
    }

    #[test]
    fn each_part_that_a_target_lacks_is_named() {
        for (place, expected) in [
            "no file in dev/fuzz/fuzz_targets",
            "no [[bin]] in dev/fuzz/Cargo.toml",
            "no seed in dev/fuzz/corpus",
            "no row in docs/proof.md",
        ]
        .into_iter()
        .enumerate()
        {
            let root = folder(&COMPLETE);
            let file = root.path().join(COMPLETE[place].0);
            if fs::read_to_string(&file).unwrap().contains("form") {
                fs::write(file, "").unwrap();
            } else {
                fs::remove_file(file).unwrap();
            }
            assert_eq!(faults(root.path()).unwrap(), [format!("the fuzz target form has {expected}")]);
        }
    }

    #[test]
    fn no_target_at_all_is_a_fault() {
        let root = folder(&[("dev/fuzz/Cargo.toml", ""), ("docs/proof.md", "")]);
        for folder in ["dev/fuzz/fuzz_targets", "dev/fuzz/corpus"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        assert_eq!(faults(root.path()).unwrap(), ["there is no fuzz target"]);
    }
}
