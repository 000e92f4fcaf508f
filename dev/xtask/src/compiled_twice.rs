//! `cargo build` and `cargo test` choose the same features, so that what one has compiled is not compiled again by the other.

use std::collections::BTreeSet;

use crate::{command, workspace::Workspace};

/// A sentence for each package that is.
pub(crate) fn faults(workspace: &Workspace) -> Vec<String> {
    let tree = |edges| {
        let mut tree = workspace.cargo(&format!("tree --locked --prefix none -e {edges}"));
        command::output(tree.args(["--format", "{p} {f}"]))
    };
    let (Some(build), Some(tests)) = (tree("normal,build"), tree("normal,build,dev")) else {
        return vec!["cargo tree failed".to_owned()];
    };
    let found = packages(&build, &tests);
    found.iter().map(|package| format!("a dev-dependency changes the features of {package}")).collect()
}

/// The packages that a build has with other features than the tests. Both trees are printed by `cargo tree --prefix none
/// --format "{p} {f}"`, the second with dev-dependencies.
fn packages<'a>(build: &'a str, tests: &str) -> BTreeSet<&'a str> {
    let tests: BTreeSet<&str> = tests.lines().map(listed_once).collect();
    build.lines().map(listed_once).filter(|package| !tests.contains(package)).collect()
}

/// Cargo marks a package that it has listed before.
fn listed_once(line: &str) -> &str {
    line.trim_end_matches(" (*)").trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILD: &str = "reqwest v0.13.5 json,rustls\nflate2 v1.1.11 rust_backend\nreqwest v0.13.5 json,rustls (*)";

    #[test]
    fn a_dev_dependency_that_adds_a_feature_is_found_and_one_that_adds_a_package_is_none() {
        assert!(packages(BUILD, &format!("{BUILD}\ntrybuild v1.0.122 ")).is_empty());
        let tests = BUILD.replace("rust_backend", "any_zlib,rust_backend");
        assert_eq!(packages(BUILD, &tests), BTreeSet::from(["flate2 v1.1.11 rust_backend"]));
    }
}
