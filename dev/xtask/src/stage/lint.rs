//! Checks that need no test; each counts as one.

use std::path::{Path, PathBuf};
use std::{fs, io};

use walkdir::{DirEntry, WalkDir};

use super::deny;
use crate::report::Report;
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{command, compiled_twice, figures, fuzz, prose, shipped, workflows};

pub(super) fn run(workspace: &Workspace) -> Tally {
    let mut tally = command::check(&mut workspace.cargo("fmt --all --check"));
    tally += command::check(&mut workspace.cargo("fmt --manifest-path dev/fuzz/Cargo.toml --check"));
    tally += command::check(&mut workspace.cargo("clippy --locked --workspace --all-targets -- -D warnings"));
    tally += command::check(&mut fuzz::compiles(workspace));
    tally += deny::run(workspace);
    let mut report = Report::default();
    report.judge("shipped", shipped_from_dev(workspace));
    report.judge("features", compiled_twice::faults(workspace));
    report.judge("prose", faults(prose_faults(workspace.root())));
    report.judge("fuzz", faults(fuzz::faults(workspace.root())));
    report.judge("workflows", faults(workflow_faults(workspace.root())));
    print!("{report}");
    tally += report.tally();
    tally += figures::judge(workspace);
    tally
}

fn shipped_from_dev(workspace: &Workspace) -> Vec<String> {
    let mut tree = workspace.cargo("tree -e normal,features -p remote-auth-mcp --target all --prefix none");
    let Some(tree) = command::output(&mut tree) else { return vec!["cargo tree failed".to_owned()] };
    let found = shipped::for_tests(&tree, workspace.root());
    found.iter().map(|found| format!("remote-auth-mcp ships {found}, which is for tests")).collect()
}

/// A check that cannot be made is a fault.
fn faults(found: io::Result<Vec<String>>) -> Vec<String> {
    found.unwrap_or_else(|error| vec![error.to_string()])
}

fn prose_faults(root: &Path) -> io::Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in files(root, &["md"])? {
        let lines = prose::long_lines(&fs::read_to_string(&file)?);
        faults.extend(lines.iter().map(|line| format!("{}:{line} has more than 120 characters", file.display())));
    }
    Ok(faults)
}

fn workflow_faults(root: &Path) -> io::Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in files(&root.join(".github/workflows"), &["yml", "yaml"])? {
        let found = workflows::unpinned(&fs::read_to_string(&file)?).map_err(io::Error::other)?;
        faults.extend(
            found.iter().map(|fault| format!("{} is not pinned by commit or version: {fault}", file.display())),
        );
    }
    Ok(faults)
}

/// Every file below the folder with one of these extensions, but for what is built or installed. There must be one.
fn files(folder: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    const NOT_OURS: [&str; 4] = [".git", ".local", "node_modules", "target"];
    let is_ours = |entry: &DirEntry| NOT_OURS.iter().all(|name| entry.file_name() != *name);
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).into_iter().filter_entry(is_ours) {
        let path = entry?.into_path();
        let is_meant = path.extension().is_some_and(|own| extensions.iter().any(|extension| own == *extension));
        found.extend(is_meant.then_some(path));
    }
    let none = || io::Error::other(format!("no *.{} in {}", extensions.join(" or *."), folder.display()));
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::folder;

    #[test]
    fn a_long_line_in_any_document_fails_but_not_in_what_is_installed() {
        let long = "x".repeat(121);
        let root = folder(&[("README.md", "short"), ("docs/adr/1.md", &long), ("dev/e2e/node_modules/a.md", &long)]);
        let faults = prose_faults(root.path()).unwrap();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].ends_with("docs/adr/1.md:1 has more than 120 characters"), "{faults:?}");
    }

    #[test]
    fn a_tag_in_any_workflow_fails() {
        let tagged = "jobs: {a: {steps: [{uses: actions/checkout@v6}]}}";
        let root = folder(&[(".github/workflows/a.yml", tagged), (".github/workflows/b.yaml", tagged)]);
        assert_eq!(workflow_faults(root.path()).unwrap().len(), 2);
    }

    #[test]
    fn a_check_without_files_fails() {
        let root = folder(&[]);
        assert_eq!(faults(prose_faults(root.path())).len(), 1);
        assert_eq!(faults(workflow_faults(root.path())).len(), 1);
    }
}
