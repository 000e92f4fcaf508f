//! `local.settings.json`, as it is read and written.

#![cfg(test)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use functions_host::LocalSettings;
use tempfile::TempDir;

const NAME: &str = "local.settings.json";

fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(NAME), text).unwrap();
    folder
}

fn settings(values: &[(&str, &str)], port: Option<u16>) -> LocalSettings {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    LocalSettings { values, port }
}

fn read(folder: &TempDir) -> LocalSettings {
    LocalSettings::read(folder.path()).unwrap().unwrap()
}

#[test]
fn values_and_port_are_read_and_the_rest_is_passed_over() {
    let folder = folder(
        "\u{feff}{ \"IsEncrypted\": false, \"Values\": { \"A\": \"1\" }, \"ConnectionStrings\": {},
           \"Host\": { \"LocalHttpPort\": 7072, \"CORS\": \"*\" } }",
    );
    assert!(read(&folder) == settings(&[("A", "1")], Some(7072)));
}

#[test]
fn a_file_that_says_nothing_is_taken_and_none_is_none() {
    assert!(read(&folder("{}")) == settings(&[], None));
    assert!(LocalSettings::read(tempfile::tempdir().unwrap().path()).unwrap().is_none());
}

#[test]
fn an_error_names_the_file() {
    for (text, named) in [
        ("", "not a JSON object"),
        ("{ \"Values\": { \"A\": \"1\", } }", "line 1 column"),
        ("[]", "not a JSON object"),
        (r#"{ "IsEncrypted": true, "Values": { "A": "Kx/2=" } }"#, "func settings decrypt"),
        (r#"{ "Values": { "EVENT_POLL_MS": 100 } }"#, "EVENT_POLL_MS must be a string"),
        (r#"{ "Values": [] }"#, "Values must be an object"),
        (r#"{ "Host": 7071 }"#, "Host must be an object"),
        (r#"{ "Host": { "LocalHttpPort": "7071" } }"#, "LocalHttpPort"),
        (r#"{ "Host": { "LocalHttpPort": 70710 } }"#, "LocalHttpPort"),
    ] {
        let fault = LocalSettings::read(folder(text).path()).err().unwrap().to_string();
        assert!(fault.contains(NAME) && fault.contains(named) && !fault.contains("Kx/2="), "{text}: {fault}");
    }
}

#[test]
fn a_written_file_is_read_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let written = settings(&[("A", "1"), ("B", "é\"")], Some(1));
    written.write(folder.path()).unwrap();
    assert!(read(&folder) == written);
    let mode = fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn earlier_settings_stay_unless_they_are_written_anew() {
    let folder = folder(
        r#"{ "Values": { "A": "0", "LOG_LEVEL": "debug" }, "Host": { "CORS": "*", "LocalHttpPort": 2 }, "X": 1 }"#,
    );
    settings(&[("A", "1")], Some(1)).write(folder.path()).unwrap();
    assert!(read(&folder) == settings(&[("A", "1"), ("LOG_LEVEL", "debug")], Some(1)));
    let text = fs::read_to_string(folder.path().join(NAME)).unwrap();
    assert!(text.contains(r#""CORS": "*""#) && text.contains(r#""X": 1"#), "{text}");
}

#[test]
fn a_file_that_cannot_be_read_is_not_written_over() {
    let folder = folder("{ my settings");
    assert!(settings(&[], None).write(folder.path()).is_err());
    assert_eq!(fs::read_to_string(folder.path().join(NAME)).unwrap(), "{ my settings");
}
