//! What the log says of a panic.

use std::{env, process::Command, sync::Arc, thread};

use remote_auth_mcp::telemetry;
use serde_json::Value;
use testkit::ManualClock;
use tracing::Level;

/// What happens at a panic is set for a whole process, so this needs one of its own.
const CHILD: &str = "panics::a_process_whose_threads_panic";

#[test]
fn panics_are_counted_lines_of_the_log_which_quote_nothing() {
    let mut child = Command::new(env::current_exe().unwrap());
    let output = child.args(["--exact", CHILD, "--ignored", "--nocapture"]).output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{stdout}{stderr}");
    assert_eq!(stderr, "");
    let lines = stdout.lines().filter_map(|line| serde_json::from_str(&line[line.find('{')?..]).ok());
    let lines: Vec<Value> = lines.collect();
    let [line] = lines.as_slice() else { panic!("{stdout}") };
    assert_eq!((&line["level"], &line["event"]), (&"ERROR".into(), &"panicked".into()));
    assert!(line["location"].as_str().unwrap().starts_with("tests/edge/panics.rs:"), "{line}");
    assert!(!stdout.contains("a secret"), "{stdout}");
}

#[test]
#[ignore = "run by the test above"]
fn a_process_whose_threads_panic() {
    let _log = telemetry::init(Level::ERROR, Arc::new(ManualClock::default())).unwrap();
    for _ in 0..3 {
        assert!(thread::spawn(|| panic!("{}", "a secret")).join().is_err());
    }
}
