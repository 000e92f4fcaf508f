//! The figures of the project: how long files and functions are, how much is tested, and what needs what.
//!
//! Lines are counted with comments and blanks. Items under `#[cfg(test)]` are tests, not code.

mod measure;
mod report;

use std::path::{Path, PathBuf};

use rust_source::{
    SourceError, SourceTree,
    project::{SHIPPED, Shipped, dev_crates},
};

use self::{
    measure::{Lengths, folders, lines_of},
    report::Figure,
};
use crate::tally::Tally;
use crate::workspace::Workspace;

const FILE: Lengths = Lengths { median: 100, p90: 170, max: 250 };
const FUNCTION: Lengths = Lengths { median: 18, p90: 18, max: 35 };
/// Lines of tests for 100 lines of code.
const TESTS: usize = 120;
/// Lines of `dev/*/src`.
const DEV: usize = 17_200;
/// Files and folders that are counted apart: what they do, nothing did when the limit was set (commit b2219b5).
const NEW_IN_DEV: &[&str] = &[
    "dev/azure/src/by_the_clock.rs",
    "dev/azure/src/published_clients.rs",
    "dev/bench-server/src",
    "dev/bench/src",
    "dev/compile-fail/src",
    "dev/conformance-server/src",
    "dev/control-plane/src",
    "dev/document-host/src",
    "dev/driver/src/handler.rs",
    "dev/functions-host/src/front_end.rs",
    "dev/functions-host/src/mcp_answers.rs",
    "dev/fuzz/src",
    "dev/driver/src/entra_client.rs",
    "dev/load/src",
    "dev/local-tenant/src/accounts.rs",
    "dev/local-tenant/src/admin_consent.rs",
    "dev/local-tenant/src/administration.rs",
    "dev/local-tenant/src/app_roles.rs",
    "dev/local-tenant/src/authorize/second_factor.rs",
    "dev/local-tenant/src/changes.rs",
    "dev/local-tenant/src/client_token.rs",
    "dev/local-tenant/src/clients.rs",
    "dev/local-tenant/src/conditional_access.rs",
    "dev/local-tenant/src/console",
    "dev/local-tenant/src/faults/outage.rs",
    "dev/local-tenant/src/graph/calendar_view.rs",
    "dev/local-tenant/src/graph/contacts.rs",
    "dev/local-tenant/src/graph/ended.rs",
    "dev/local-tenant/src/graph/messages.rs",
    "dev/local-tenant/src/graph/options.rs",
    "dev/local-tenant/src/graph/time_zone.rs",
    "dev/local-tenant/src/orders.rs",
    "dev/local-tenant/src/state/directory.rs",
    "dev/local-tenant/src/token_lifetime.rs",
    "dev/local/src/args/shown.rs",
    "dev/local/src/connect.rs",
    "dev/local/src/open.rs",
    "dev/local/src/published.rs",
    "dev/local/src/shown.rs",
    "dev/local/src/story",
    "dev/mcp-schema/src",
    "dev/preflight/src",
    "dev/rust-source/src",
    "dev/stand-in/src/watchdog.rs",
    "dev/testkit/src/assertions.rs",
    "dev/testkit/src/checkout.rs",
    "dev/smoke/src/facts/pages.rs",
    "dev/testkit/src/documents.rs",
    "dev/testkit/src/issued_roles.rs",
    "dev/testkit/src/lists.rs",
    "dev/testkit/src/second_subscriber.rs",
    "dev/xtask/src/bench",
    "dev/xtask/src/compiled_twice.rs",
    "dev/xtask/src/figures",
    "dev/xtask/src/check_infra/refusals.rs",
    "dev/xtask/src/fuzz.rs",
    "dev/xtask/src/load.rs",
    "dev/xtask/src/pictures.rs",
    "dev/xtask/src/mutants.rs",
    "dev/xtask/src/new_tool",
    "dev/xtask/src/package/auditable.rs",
    "dev/xtask/src/package/hash.rs",
    "dev/xtask/src/package/sbom.rs",
    "dev/xtask/src/package/sbom_schema.rs",
    "dev/xtask/src/preflight.rs",
    "dev/xtask/src/prose.rs",
    "dev/xtask/src/stage/azd.rs",
    "dev/xtask/src/stage/proof.rs",
    "dev/xtask/src/stage/queries.rs",
    "dev/xtask/src/workflows.rs",
];

/// The Rust files of `dev/*/src` at commit b2219b5, a line for each crate.
const OLD_IN_DEV: &str = include_str!("dev_at_b2219b5.txt");

/// Prints every figure beside its limit; each counts as one check.
pub(crate) fn judge(workspace: &Workspace) -> Tally {
    match figures(workspace.root()) {
        Ok(figures) => report::print(&figures),
        Err(error) => {
            eprintln!("the figures cannot be measured: {error}");
            Tally::FAILED
        }
    }
}

fn figures(root: &Path) -> Result<Vec<Figure>, SourceError> {
    let mut figures = Vec::new();
    for shipped in &SHIPPED {
        let tree = SourceTree::read(root, shipped.source, shipped.package)?;
        figures.extend([circles(shipped, &tree), files(shipped, &tree), functions(shipped, &tree)]);
        figures.push(tests(root, shipped, &tree)?);
        figures.push(imports_from_dev(shipped, &tree, &dev_crates(root)?));
    }
    figures.push(absent(root, NEW_IN_DEV));
    figures.push(old(NEW_IN_DEV));
    figures.extend(dev(root)?);
    Ok(figures)
}

fn circles(shipped: &Shipped, tree: &SourceTree) -> Figure {
    let circles: Vec<String> = tree.circles().into_iter().map(|files| files.join(", ")).collect();
    Figure::none(shipped.package, "import circles", circles)
}

fn files(shipped: &Shipped, tree: &SourceTree) -> Figure {
    let files = tree.files().iter().filter(|file| !file.is_test);
    Figure::lengths(shipped.package, "file lengths", FILE, files.map(|file| (file.path.clone(), file.code_lines)))
}

fn functions(shipped: &Shipped, tree: &SourceTree) -> Figure {
    let functions = tree.files().iter().flat_map(|file| {
        file.functions
            .iter()
            .map(|function| (format!("{}:{} {}", file.path, function.line, function.name), function.lines))
    });
    Figure::lengths(shipped.package, "function lengths", FUNCTION, functions)
}

fn tests(root: &Path, shipped: &Shipped, tree: &SourceTree) -> Result<Figure, SourceError> {
    let code: usize = tree.files().iter().map(|file| file.code_lines).sum();
    let inside: usize = tree.files().iter().map(|file| file.lines - file.code_lines).sum();
    let beside = lines_of(&root.join(shipped.tests))?;
    Ok(Figure::at_least(
        shipped.package,
        "lines of tests for 100 of code",
        (inside + beside) * 100 / code.max(1),
        TESTS,
    ))
}

fn imports_from_dev(shipped: &Shipped, tree: &SourceTree, dev: &[String]) -> Figure {
    let references = tree.references().into_iter();
    let found = references.filter(|reference| reference.path.first().is_some_and(|first| dev.contains(first)));
    let found = found.map(|reference| format!("{}:{} {}", reference.file, reference.line, reference.path.join("::")));
    Figure::none(shipped.package, "imports from dev/", found.collect())
}

/// A path that is not there counts no lines, so a file that was moved would count as old.
fn absent(root: &Path, listed: &[&str]) -> Figure {
    let absent = listed.iter().filter(|path| !root.join(path).exists());
    Figure::none("dev", "listed as new, and not there", absent.map(|path| (*path).to_owned()).collect())
}

/// A file that was there when the limit was set is not new, whatever is in it today.
fn old(listed: &[&str]) -> Figure {
    let crates = OLD_IN_DEV.lines().filter_map(|line| line.split_once(": "));
    let files: Vec<PathBuf> =
        crates.flat_map(|(folder, files)| files.split(' ').map(|file| Path::new(folder).join(file))).collect();
    let old = listed.iter().filter(|path| files.iter().any(|file| file.starts_with(path)));
    Figure::none("dev", "listed as new, and as old as the limit", old.map(|path| (*path).to_owned()).collect())
}

fn dev(root: &Path) -> Result<Vec<Figure>, SourceError> {
    let dev = root.join("dev");
    let all: Result<Vec<usize>, _> =
        folders(&dev)?.iter().map(|folder| lines_of(&dev.join(folder).join("src"))).collect();
    let new: Result<Vec<usize>, _> = NEW_IN_DEV.iter().map(|folder| lines_of(&root.join(folder))).collect();
    let (all, new) = (all?.iter().sum::<usize>(), new?);
    let old = Figure::at_most("dev", "lines", all - new.iter().sum::<usize>(), DEV);
    let new = NEW_IN_DEV.iter().zip(new).map(|(folder, lines)| Figure::told("dev", &format!("new in {folder}"), lines));
    Ok([old].into_iter().chain(new).collect())
}

#[cfg(test)]
mod tests;
