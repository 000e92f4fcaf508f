//! The handler that `func start` would run in a folder.

#![cfg(test)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use functions_host::{EXECUTABLE_PATH, func_start};
use tempfile::TempDir;

/// With an executable `bin/handler`.
fn app(local_settings: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let host_json = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},
        "customHandler":{"description":{"defaultExecutablePath":"bin/handler"},"enableProxyingHttpRequest":true}}"#;
    fs::write(root.path().join("host.json"), host_json).unwrap();
    fs::write(root.path().join("local.settings.json"), local_settings).unwrap();
    fs::create_dir(root.path().join("bin")).unwrap();
    executable(&root.path().join("bin/handler"));
    root
}

fn executable(path: &Path) {
    fs::write(path, "").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn fault_of(root: &Path) -> String {
    func_start(root, []).err().unwrap().to_string()
}

#[test]
fn host_json_names_the_handler_relative_to_the_folder() {
    let root = app("{}");
    let start = func_start(root.path(), []).unwrap();
    assert_eq!((start.handler, start.port), (root.path().join("bin/handler"), 7071));
}

#[test]
fn a_setting_of_that_name_in_any_letter_case_takes_its_place() {
    let root = app(&format!(r#"{{ "Values": {{ "{}": "/bin/sh" }} }}"#, EXECUTABLE_PATH.to_lowercase()));
    assert_eq!(func_start(root.path(), []).unwrap().handler, Path::new("/bin/sh"));
}

#[test]
fn a_variable_of_the_process_wins_over_a_setting() {
    let root = app(r#"{ "Values": { "A": "file", "B": "file" }, "Host": { "LocalHttpPort": 5 } }"#);
    let start = func_start(root.path(), [("A".to_owned(), "process".to_owned())]).unwrap();
    let expected = [("A", "process"), ("B", "file")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!((start.environment, start.port), (expected.into(), 5));
}

#[test]
fn a_handler_that_cannot_be_run_is_named_with_who_names_it() {
    let root = app(&format!(r#"{{ "Values": {{ "{EXECUTABLE_PATH}": "target/debug/handler" }} }}"#));
    let fault = fault_of(root.path());
    assert!(fault.contains("target/debug/handler") && fault.contains(EXECUTABLE_PATH), "{fault}");
    let root = app("{}");
    fs::set_permissions(root.path().join("bin/handler"), fs::Permissions::from_mode(0o644)).unwrap();
    let fault = fault_of(root.path());
    assert!(fault.contains("chmod +x") && fault.contains("host.json"), "{fault}");
}

#[test]
fn another_worker_runtime_is_refused() {
    let root = app(r#"{ "Values": { "FUNCTIONS_WORKER_RUNTIME": "node" } }"#);
    assert!(fault_of(root.path()).contains("FUNCTIONS_WORKER_RUNTIME must be custom, and is node"));
}
