//! `cargo xtask check-infra`: what infra/ deploys, held against the rules, the code and the published schemas.
//!
//! With a Bicep CLI infra/ is compiled, and each parameter set of infra/test is evaluated to the resources that it would
//! deploy; these are golden files, so that a review sees what a change deploys. The rules then judge those resources.
//! Without a CLI they judge the golden files, and it is said that infra/ itself was not compiled.
//!
//! A check that has nothing to look at fails. Each is seen to fail by an error planted in a copy (`planted`).

mod bicep;
mod deployment;
mod document;
mod files;
mod golden;
mod policy;
mod project;
mod refusals;
mod rule;
mod tools;

#[cfg(test)]
mod planted;

use std::io;
use std::path::Path;
use std::thread;

use serde_json::Value;

use crate::report::{Report, Verdict};
use crate::tally::Tally;
use crate::workspace::Workspace;

use bicep::Copy;
use files::Files;
use project::Project;
use tools::NO_CLI;
pub(crate) use tools::Tools;

/// The parameter sets that there must be.
const SETS: [&str; 3] = ["defaults", "everything", "vnet"];

/// Runs every check that can run here and prints a line for each.
pub(crate) fn check(workspace: &Workspace, accept: bool) -> Tally {
    match run(workspace.root(), &Tools::of_environment(), accept) {
        Ok(report) => {
            print!("{report}");
            report.tally()
        }
        Err(error) => {
            eprintln!("check-infra: {error}");
            Tally::FAILED
        }
    }
}

fn run(root: &Path, tools: &Tools, accept: bool) -> io::Result<Report> {
    let mut report = Report::default();
    report.judge("tools", tools.missing(accept));
    let mut files = Files::read(root)?;
    report.judge("parameter-sets", missing_sets(&files));
    let compiled = match Copy::of(&files, tools)? {
        Some(copy) => compile(&copy, &bicep::parameter_sets(&files), &mut report),
        None => not_compiled(&mut report),
    };
    for (set, snapshot) in &compiled.snapshots {
        if accept {
            golden::accept(root, set, snapshot)?;
        }
        let faults = if accept { vec![] } else { golden::compare(&files, set, snapshot) };
        report.judge(format!("snapshot-{set}"), faults);
        files.insert(golden::path(set), snapshot.as_str());
    }
    rule::judge(&Project::of(&files, compiled.template, tools.schemas.clone()), &mut report);
    refusals::judge(&files, tools, &mut report)?;
    Ok(report)
}

fn missing_sets(files: &Files) -> Vec<String> {
    let sets = bicep::parameter_sets(files);
    let missing = SETS.iter().filter(|set| !sets.iter().any(|there| there == *set));
    missing.map(|set| format!("infra/test/{set}.bicepparam is missing")).collect()
}

/// The CLI's output for infra/.
#[derive(Debug, Default)]
struct Compiled {
    template: Option<Value>,
    /// By parameter set.
    snapshots: Vec<(String, String)>,
}

/// Compiles infra/; the failures are in the report.
fn compile(copy: &Copy, sets: &[String], report: &mut Report) -> Compiled {
    let (build, lint, snapshots) = thread::scope(|scope| {
        let build = scope.spawn(|| copy.build());
        let lint = scope.spawn(|| copy.lint());
        let snapshots: Vec<_> = sets.iter().map(|set| copy.snapshot(set)).collect();
        let early = || vec!["the thread that ran the CLI ended early".to_owned()];
        (build.join().unwrap_or_else(|_| Err(early())), lint.join().unwrap_or_else(|_| early()), snapshots)
    });
    let mut compiled = Compiled::default();
    report.judge("build", build.as_ref().err().cloned().unwrap_or_default());
    report.judge("lint", lint);
    compiled.template = build.ok();
    for (set, snapshot) in sets.iter().zip(snapshots) {
        match snapshot {
            Ok(snapshot) => compiled.snapshots.push((set.clone(), snapshot)),
            Err(faults) => report.judge(format!("snapshot-{set}"), faults),
        }
    }
    compiled
}

fn not_compiled(report: &mut Report) -> Compiled {
    for name in ["build", "lint", "snapshot-*"] {
        report.add(name, Verdict::Skipped(NO_CLI));
    }
    Compiled::default()
}
