//! The files for editors, containers and GitHub name what is there.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)
}

fn text(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|fault| panic!("{file}: {fault}"))
}

fn json(file: &str) -> Value {
    serde_json::from_str(&text(file)).unwrap_or_else(|fault| panic!("{file}: {fault}"))
}

fn strings<'a>(value: &'a Value, pointer: &str) -> Vec<&'a str> {
    value.pointer(pointer).unwrap().as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn the_container_has_what_deploying_and_testing_need() {
    let container = json(".devcontainer/devcontainer.json");
    let features = container["features"].as_object().unwrap();
    for wanted in
        ["features/rust:", "features/node:", "features/azure-cli:", "azure-dev/azd:", "azure-functions-core-tools:"]
    {
        assert!(features.keys().any(|feature| feature.contains(wanted)), "{wanted}");
    }
    // MCP Inspector needs 22.19.
    assert_eq!(features["ghcr.io/devcontainers/features/node:1"]["version"], "22");
    assert_eq!(container["forwardPorts"], serde_json::json!([7071, 7072]));
}

#[test]
fn the_containers_create_script_is_there_and_executable() {
    let container = json(".devcontainer/devcontainer.json");
    let script = container["postCreateCommand"].as_str().unwrap().strip_prefix("bash ").unwrap();
    assert_ne!(path(script).metadata().unwrap().permissions().mode() & 0o111, 0, "{script}");
}

#[test]
fn the_container_and_the_editor_recommend_the_same_extensions() {
    let (container, editor) = (json(".devcontainer/devcontainer.json"), json(".vscode/extensions.json"));
    assert_eq!(strings(&container, "/customizations/vscode/extensions"), strings(&editor, "/recommendations"));
}

#[test]
fn the_editors_mcp_server_is_the_one_that_cargo_local_starts() {
    let server = &json(".vscode/mcp.json")["servers"]["local"];
    assert_eq!(
        (server["type"].as_str().unwrap(), server["url"].as_str().unwrap()),
        ("http", "http://127.0.0.1:7071/mcp")
    );
    assert!(text("README.md").contains("http://127.0.0.1:7071/mcp"));
}

#[test]
fn the_editors_tasks_are_commands_of_this_project_and_launches_name_tasks() {
    let (tasks, launch) = (json(".vscode/tasks.json"), json(".vscode/launch.json"));
    let aliases = text(".cargo/config.toml");
    for task in tasks["tasks"].as_array().unwrap() {
        let command = task["args"][0].as_str().unwrap();
        assert_eq!(task["command"], "cargo");
        assert!(command == "build" || aliases.contains(&format!("{command} = ")), "{command}");
    }
    for configuration in launch["configurations"].as_array().unwrap() {
        let before = &configuration["preLaunchTask"];
        assert!(tasks["tasks"].as_array().unwrap().iter().any(|task| task["label"] == *before), "{before}");
    }
}

#[test]
fn a_bug_report_asks_for_the_trace_id_and_vulnerabilities_have_their_own_way() {
    let form = text(".github/ISSUE_TEMPLATE/bug.yml");
    assert!(form.contains("label: Trace id") && form.contains("SECURITY.md"));
    assert!(text("SECURITY.md").contains("Report a vulnerability"));
}

#[test]
fn azd_records_which_template_a_project_comes_from() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(text("azure.yaml").contains(&format!("\n  template: remote-auth-mcp@{version}\n")));
}
