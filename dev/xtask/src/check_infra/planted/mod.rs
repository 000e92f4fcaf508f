//! Each check is seen to fail: one error is planted in a copy of what is checked, and just that check must find it.

mod changes;
mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write as _},
    num::NonZero,
    path::PathBuf,
    thread,
};

use changes::Change;
use serde::Deserialize;
use serde_json::Value;

use super::{files::Files, project::Project, rule, tools::Tools};
use crate::{report::Report, workspace::Workspace};

/// planted.yaml.
#[derive(Deserialize)]
struct Planted {
    each: ByCheck,
    /// By what is compiled.
    compiled: BTreeMap<String, ByCheck>,
}

/// Errors by the check that must find each.
type ByCheck = BTreeMap<String, Vec<Fault>>;

/// The error, and the parameter set whose resources it changes.
#[derive(Debug, Deserialize)]
struct Fault {
    #[serde(rename = "in", default)]
    set: String,
    #[serde(flatten)]
    change: Change,
}

fn checkout() -> Files {
    Files::read(Workspace::of_this_build(false).root()).unwrap()
}

fn judged(files: &Files, schemas: Option<PathBuf>) -> Report {
    let mut report = Report::default();
    rule::judge(&Project::of(files, None, schemas), &mut report);
    report
}

fn planted() -> Planted {
    let yaml: Value = yaml_serde::from_str(include_str!("planted.yaml")).unwrap();
    serde_json::from_value(yaml).unwrap()
}

#[test]
fn nothing_is_found_where_nothing_is_planted() {
    let report = judged(&checkout(), Tools::of_environment().schemas);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn each_planted_error_is_found_by_its_check_alone() {
    let schemas = Tools::of_environment().schemas;
    if schemas.is_none() {
        say("SCHEMAS names no folder: errors planted against the schemas are skipped");
    }
    let planted = planted().each;
    let rows = planted.iter().flat_map(|(name, faults)| faults.iter().map(move |fault| (name.as_str(), fault)));
    let rows: Vec<_> = rows.filter(|(name, _)| schemas.is_some() || !is_of_schema(name)).collect();
    let checkout = checkout();
    let wrong = |(name, fault): &(&str, &Fault)| {
        let mut files = checkout.clone();
        fault.change.plant(&mut files, &fault.set);
        // Reading the schemas takes longer than all else.
        let report = judged(&files, schemas.clone().filter(|_| is_of_schema(name)));
        (report.failed() != [*name]).then(|| format!("{name} ({fault:?}): {:?}", report.failed()))
    };
    let wrong: Vec<String> = in_parallel(&rows, |rows| rows.iter().filter_map(wrong).collect());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The test runner keeps what a passing test prints, but not this.
pub(super) fn say(skipped: &str) {
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
    let planted: BTreeSet<String> = planted().each.into_keys().collect();
    let rules = rule::all().unwrap().iter().filter(|rule| !rule.is_about_the_template());
    let unseen = rules.map(|rule| rule.name.as_str()).filter(|name| !planted.contains(*name));
    assert_eq!(unseen.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_golden_file_that_cannot_be_read_is_found() {
    let mut files = checkout();
    files.insert("infra/test/defaults.snapshot.json", "{");
    assert!(judged(&files, None).failed().contains(&"snapshots-read"));
}
