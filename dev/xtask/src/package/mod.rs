//! `cargo xtask package`: what azd deploys, in `target/package`: host.json, a folder for each function, and the handler,
//! built for an older glibc than that of most machines on which it is built.

mod auditable;
mod build;
mod check;
mod content;
mod elf;
mod hash;
mod modes;
mod report;
mod sbom;
pub(crate) mod sbom_schema;
mod stage;
mod zig;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::workspace::Workspace;

/// Which glibc the handler may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glibc {
    /// At most the one that Azure surely has.
    AsInAzure,
    /// Any version: the user knows better.
    Any,
}

/// Where the package is staged; azure.yaml names it, too.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("target/package")
}

/// Whether an earlier run staged a package that may be deployed.
pub(crate) fn is_staged(workspace: &Workspace) -> bool {
    check::faults(&folder(workspace), Some(elf::NEWEST_GLIBC)).is_empty()
}

/// The hash of the package that an earlier run staged, if there is one.
pub(crate) fn hash(workspace: &Workspace) -> Option<String> {
    hash::of(&folder(workspace)).ok()
}

/// Whether the staged handler names the crates that it was built from.
pub(crate) fn names_its_crates(workspace: &Workspace) -> bool {
    std::fs::read(folder(workspace).join(content::HANDLER)).is_ok_and(|handler| auditable::names_its_crates(&handler))
}

/// Builds, stages anew and checks; true if the package may be deployed. Otherwise its faults are printed.
pub(crate) fn run(workspace: &Workspace, glibc: Glibc) -> bool {
    let Some(handler) = build::handler(workspace) else {
        eprintln!("the handler was not built");
        return false;
    };
    let package = folder(workspace);
    let Some(sbom) = sbom::of(workspace) else {
        eprintln!("the bill of materials was not made");
        return false;
    };
    if let Err(error) = stage::stage(workspace.root(), &handler, &sbom, &package) {
        eprintln!("the package was not staged: {error}");
        return false;
    }
    let faults = check::faults(&package, (glibc == Glibc::AsInAzure).then_some(elf::NEWEST_GLIBC));
    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.iter().any(|fault| matches!(fault, check::Fault::Glibc { .. })) {
        eprintln!("build where zig can be installed or on an older distribution; --any-glibc packages it anyway");
    }
    if faults.is_empty() {
        print!("{}", report::of(&package));
    }
    faults.is_empty()
}
