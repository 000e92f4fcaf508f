//! Each check is seen to fail: one error is planted in a copy of what is checked, and just that check must find it.

mod changes;
mod evaluated;
mod gateway;
mod network;
mod sources;
mod written;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use changes::Change;

use super::files::Files;
use super::project::Project;
use super::report::Report;
use super::rules::{self, Rule};
use super::tools::Tools;
use crate::workspace::Workspace;

/// The check, the parameter set whose resources are changed, and the error.
type Planted = (&'static str, &'static str, Change);

fn checkout() -> Files {
    Files::read(Workspace::of_this_build(false).root()).unwrap()
}

fn judged(files: Files, schemas: Option<PathBuf>) -> Report {
    let mut report = Report::default();
    Project::of(files, None, schemas).judge(&mut report);
    report
}

fn planted() -> impl Iterator<Item = &'static Planted> {
    [evaluated::PLANTED, gateway::PLANTED, network::PLANTED, written::PLANTED].into_iter().flatten()
}

#[test]
fn nothing_is_found_where_nothing_is_planted() {
    let report = judged(checkout(), Tools::of_environment().schemas);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn each_planted_error_is_found_by_its_check_alone() {
    let schemas = Tools::of_environment().schemas;
    if schemas.is_none() {
        say("SCHEMAS names no folder: errors planted against the schemas are skipped");
    }
    let rows: Vec<_> = planted().filter(|(name, ..)| schemas.is_some() || !is_of_schema(name)).collect();
    let checkout = checkout();
    let wrong = |(name, set, change): &&Planted| {
        let mut files = checkout.clone();
        change.plant(&mut files, set);
        // Reading the schemas takes longer than all else.
        let report = judged(files, schemas.clone().filter(|_| is_of_schema(name)));
        (report.failed() != [*name]).then(|| format!("{name} ({change:?}): {:?}", report.failed()))
    };
    let wrong: Vec<String> = in_parallel(&rows, |rows| rows.iter().filter_map(wrong).collect());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The test runner keeps what a passing test prints, but not this.
fn say(skipped: &str) {
    writeln!(io::stderr(), "{skipped}").unwrap();
}

fn is_of_schema(name: &str) -> bool {
    name.starts_with("schema-")
}

fn in_parallel<T: Sync, U: Send>(items: &[T], work: impl Fn(&[T]) -> Vec<U> + Sync) -> Vec<U> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let work = &work;
        let parts = items.chunks(items.len().div_ceil(threads)).map(|part| scope.spawn(move || work(part)));
        parts.collect::<Vec<_>>().into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Those of the template have tests of their own.
#[test]
fn every_check_has_a_planted_error() {
    let planted: BTreeSet<&str> = planted().map(|(name, ..)| *name).collect();
    let rules = rules::all().filter(|(_, rule)| !matches!(rule, Rule::Template(_))).map(|(name, _)| name);
    assert_eq!(rules.filter(|name| !planted.contains(name)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_golden_file_that_cannot_be_read_is_found() {
    let mut files = checkout();
    files.insert("infra/test/defaults.snapshot.json", "{");
    assert!(judged(files, None).failed().contains(&"snapshots-read"));
}
