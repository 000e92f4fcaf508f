//! Errors planted in the Bicep files and policies themselves: through the compiler, each reaches its check. Compiling takes
//! seconds, so a batch of errors is compiled at once, and the checks that fail must be theirs and no other.

use super::super::bicep::Copy;
use super::super::project::Project;
use super::super::tools::Tools;
use super::super::{compile, golden, rule};
use super::{ByCheck, checkout, planted, say};
use crate::report::Report;

/// Compiles a copy with these errors. None, and said so, where there is no CLI.
fn report(planted: &ByCheck, sets: &[&str]) -> Option<Report> {
    let tools = Tools::of_environment();
    let mut files = checkout();
    for fault in planted.values().flatten() {
        fault.change.plant(&mut files, &fault.set);
    }
    let Some(copy) = Copy::of(&files, &tools).unwrap() else {
        say("there is no Bicep CLI: errors planted in infra/ are skipped");
        return None;
    };
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let mut report = Report::default();
    let compiled = compile(&copy, &sets, &mut report);
    for (set, snapshot) in &compiled.snapshots {
        report.judge(format!("snapshot-{set}"), golden::compare(&files, set, snapshot));
        files.insert(golden::path(set), snapshot.as_str());
    }
    rule::judge(&Project::of(&files, compiled.template, None), &mut report);
    Some(report)
}

/// Plants what planted.yaml has under this name; besides the checks that it is planted for, just these fail.
fn expect(name: &str, sets: &[&str], and: &[&str]) {
    let planted = planted().compiled.remove(name).unwrap();
    judge(&planted, sets, and);
}

fn judge(planted: &ByCheck, sets: &[&str], and: &[&str]) {
    let Some(report) = report(planted, sets) else { return };
    let mut expected: Vec<&str> = planted.keys().map(String::as_str).chain(and.iter().copied()).collect();
    let mut failed = report.failed();
    expected.sort_unstable();
    expected.dedup();
    failed.sort_unstable();
    assert_eq!(failed, expected, "{report}");
}

#[test]
fn errors_in_bicep_are_found_where_nothing_is_set() {
    expect("defaults", &["defaults"], &["snapshot-defaults"]);
}

#[test]
fn errors_in_bicep_are_found_with_a_network() {
    expect("vnet", &["vnet"], &["snapshot-vnet"]);
}

#[test]
fn an_error_of_the_compiler_is_found() {
    expect("an-unknown-property", &["defaults"], &["lint", "snapshot-defaults"]);
}

#[test]
fn a_warning_of_the_linter_is_found() {
    expect("an-unused-variable", &["defaults"], &["build", "snapshot-defaults"]);
}

#[test]
fn a_change_of_what_is_deployed_is_found() {
    expect("another-storage", &["defaults"], &[]);
}

/// Nothing is found in a copy without an error, the template included.
#[test]
fn nothing_is_found_in_bicep_where_nothing_is_planted() {
    judge(&ByCheck::new(), &["defaults", "everything", "vnet"], &[]);
}
