//! The package depends on nothing under `dev/`, and has no feature that is for tests.

use std::path::Path;

/// A second API in the table of scopes.
const FEATURE: &str = "authorization-server feature \"second-api\"";

/// The packages under `root/dev`, and the feature for tests, that `cargo tree -e normal,features --prefix none` printed.
pub(crate) fn for_tests<'a>(tree: &'a str, root: &Path) -> Vec<&'a str> {
    let dev = root.join("dev");
    tree.lines()
        .filter(|line| {
            let folder = line.split_once(" (").and_then(|(_, rest)| rest.split(')').next());
            folder.is_some_and(|folder| Path::new(folder).starts_with(&dev)) || line.starts_with(FEATURE)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: &str = "\
remote-auth-mcp v0.1.0 (/src/product)
askama v0.16.0
askama_derive v0.16.0 (proc-macro)
authorization-server v0.1.0 (/src/product/crates/authorization-server)
dev-something v1.0.0 (*)";

    #[test]
    fn a_tree_without_dev_packages_is_clean() {
        assert!(for_tests(CLEAN, Path::new("/src/product")).is_empty());
    }

    #[test]
    fn a_planted_dev_package_is_found() {
        let planted = format!("{CLEAN}\nlocal-tenant v0.1.0 (/src/product/dev/local-tenant)\nbytes v1.12.0");
        let found = for_tests(&planted, Path::new("/src/product"));
        assert_eq!(found, ["local-tenant v0.1.0 (/src/product/dev/local-tenant)"]);
    }

    #[test]
    fn a_planted_feature_is_found() {
        let planted = format!("{CLEAN}\n{FEATURE}\n{FEATURE} (command-line)");
        assert_eq!(for_tests(&planted, Path::new("/src/product")).len(), 2);
    }

    #[test]
    fn a_planted_dev_package_listed_again_is_found() {
        let planted = "testkit v0.1.0 (/src/product/dev/testkit) (*)";
        assert_eq!(for_tests(planted, Path::new("/src/product")), [planted]);
    }
}
