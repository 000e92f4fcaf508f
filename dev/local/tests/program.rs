//! `cargo local` as a program: its options, what it refuses before anything runs, and what it gives the handler.

#![cfg(test)]

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The program on free ports, with a folder of its own and without a cargo.
fn local(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.env("CARGO", "/no/such/cargo").env_remove("LOG_LEVEL").arg("--data").arg(data);
    command
}

/// Why it does not start.
fn refused(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), stdout), (Some(1), vec![]), "{stderr}");
    stderr
}

const FREE: [&str; 4] = ["--port", "0", "--tenant-port", "0"];

/// A package whose handler prints its environment and ends.
fn package() -> TempDir {
    let package = tempfile::tempdir().unwrap();
    let host_json = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},"customHandler":
        {"description":{"defaultExecutablePath":"/usr/bin/env"},"enableProxyingHttpRequest":true}}"#;
    let function = r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous",
        "route":"mcp"},{"type":"http","direction":"out","name":"res"}]}"#;
    fs::write(package.path().join("host.json"), host_json).unwrap();
    fs::create_dir(package.path().join("mcp")).unwrap();
    fs::write(package.path().join("mcp/function.json"), function).unwrap();
    package
}

/// The variables that the handler got.
fn environment(options: &[&str], settings: &[(&str, &str)]) -> Vec<(String, String)> {
    let (data, package) = (tempfile::tempdir().unwrap(), package());
    let mut command = local(data.path());
    command.args(FREE).args(options).arg("--package").arg(package.path());
    command.envs(settings.iter().copied());
    let said = refused(&mut command);
    let log = data.path().join("handler.log");
    assert!(said.contains("the handler did not start") && said.contains(log.to_str().unwrap()), "{said}");
    let lines = fs::read_to_string(log).unwrap();
    let pairs = lines.lines().filter_map(|line| line.split_once('='));
    let mut pairs: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    pairs.push(("data".to_owned(), data.path().to_str().unwrap().to_owned()));
    pairs
}

fn value<'a>(environment: &'a [(String, String)], name: &str) -> Option<&'a str> {
    environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[test]
fn the_handler_is_given_the_tenants_settings_and_its_own() {
    let chosen = [("LOG_LEVEL", "debug"), ("CLIENT_METADATA_HOSTS", "!*")];
    let environment = environment(&["--gateway", "false"], &chosen);
    let value = |name| value(&environment, name);
    assert!(value("PUBLIC_BASE_URL").unwrap().starts_with("http://127.0.0.1:"));
    assert!(value("GRAPH_ENDPOINT").unwrap().starts_with("http://localhost:"));
    assert_eq!(value("DATA_DIR"), value("data"));
    for (name, expected) in chosen {
        assert_eq!(value(name), Some(expected), "{name}");
    }
    assert_eq!(value("GATEWAY_PRINCIPAL_ID"), None);
}

#[test]
fn a_log_level_that_is_not_set_is_not_handed_on() {
    assert_eq!(value(&environment(&[], &[]), "LOG_LEVEL"), None);
}

#[test]
fn with_azure_the_handler_is_led_to_cosmos_db_and_key_vault_and_to_no_folder() {
    let environment = environment(&["--azure", "--cosmos-port", "0", "--gateway"], &[]);
    for name in [
        "COSMOS_ENDPOINT",
        "COSMOS_DATABASE",
        "KEY_VAULT_KEY_ID",
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
        "GATEWAY_PRINCIPAL_ID",
    ] {
        assert!(value(&environment, name).is_some(), "{name}");
    }
    assert_eq!(value(&environment, "DATA_DIR"), None);
}

#[test]
fn without_options_the_ports_are_7071_to_7073_and_data_is_in_the_root() {
    let help = Command::new(env!("CARGO_BIN_EXE_local")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let defaults = help.split("[default: ").skip(1).map(|text| text.split(']').next().unwrap());
    let defaults: Vec<&str> = defaults.filter(|default| *default != "false").collect();
    let [port, tenant, data, cosmos] = defaults.as_slice() else { panic!("{help}") };
    assert_eq!([port, tenant, cosmos], [&"7071", &"7072", &"7073"]);
    let data = PathBuf::from(data);
    assert!(data.ends_with(".local") && data.parent().unwrap().join("Cargo.lock").is_file(), "{data:?}");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    for line in [
        "--cosmos-port 1",
        "--streams-apart",
        "--azure --func",
        "--func --gateway",
        "--func --package /p",
        "--port 65536",
    ] {
        let refused = Command::new(env!("CARGO_BIN_EXE_local")).args(line.split(' ')).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{line}: {refused:?}");
    }
}

#[test]
fn a_taken_port_is_named_before_anything_is_built_with_the_option_that_chooses_another() {
    let (held, data) = (TcpListener::bind("127.0.0.1:0").unwrap(), tempfile::tempdir().unwrap());
    let port = held.local_addr().unwrap().port().to_string();
    for (options, option) in [
        (vec!["--port", &port, "--tenant-port", "0"], "cargo local --port N"),
        (vec!["--port", "0", "--tenant-port", &port], "cargo local --tenant-port N"),
        ([&FREE[..], &["--azure", "--cosmos-port", &port]].concat(), "cargo local --azure --cosmos-port N"),
    ] {
        let said = refused(local(data.path()).args(options));
        assert!(said.contains(&format!("port {port} on ")) && said.contains(option), "{said}");
        assert!(said.contains(&format!(" (process {}).", std::process::id())), "it says by whom: {said}");
    }
}

#[test]
fn a_handler_that_cannot_be_built_or_is_not_in_its_package_is_reported() {
    let data = tempfile::tempdir().unwrap();
    let said = refused(local(data.path()).args(FREE));
    assert!(said.contains("cargo could not be started to build the handler"), "{said}");
    let said = refused(local(data.path()).args(FREE).env("CARGO", "false"));
    assert!(said.contains("the handler did not build"), "{said}");
    let said = refused(local(data.path()).args(FREE).args(["--package", "/no/such/package"]));
    assert!(said.contains("/no/such/package") && said.contains("cargo xtask package"), "{said}");
}

#[test]
fn the_folder_is_made() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/b");
    refused(local(&folder).args(FREE));
    assert!(folder.join("lock").is_file());
}

#[test]
fn data_stays_without_fresh_which_forgets_what_was_kept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let kept = ["store.redb", "data-key", "tenant.json", "handler.log", "thesis.txt"];
    for name in kept {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    refused(local(folder.path()).args(FREE));
    assert!(kept.iter().all(|name| fs::read(folder.path().join(name)).unwrap() == b"x"));
    refused(local(folder.path()).args(FREE).arg("--fresh"));
    let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["lock", "thesis.txt"]);
}

#[test]
fn a_folder_in_use_is_named_and_fresh_does_not_touch_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("store.redb"), "kept").unwrap();
    let lock = File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let said = refused(local(folder.path()).args(FREE).arg("--fresh"));
    assert!(said.contains(folder.path().to_str().unwrap()) && said.contains("cargo local --data DIR"), "{said}");
    assert!(folder.path().join("store.redb").is_file());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let said = refused(local(&file).args(FREE));
    assert!(said.contains("cannot be used") && said.contains("--data DIR"), "{said}");
}
