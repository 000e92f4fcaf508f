//! `local.settings.json`: the settings of a function app on this machine, as Azure Functions Core Tools read them.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::StartError;

const NAME: &str = "local.settings.json";

/// The file's content, as far as it matters here. Not printable: settings may be secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LocalSettings {
    /// The handler's environment, and settings of the host.
    pub values: BTreeMap<String, String>,
    /// The public port; `func start` takes 7071 if it is not said.
    pub port: Option<u16>,
}

impl LocalSettings {
    /// Reads the file in a folder, if there is one.
    pub fn read(root: &Path) -> Result<Option<Self>, StartError> {
        match read(root)? {
            Some(members) => Self::of(&members).map(Some).map_err(|reason| malformed(root, reason)),
            None => Ok(None),
        }
    }

    /// Writes the file in a folder. What an earlier one says of other settings stays; only its owner can read it.
    pub fn write(&self, root: &Path) -> Result<(), StartError> {
        let mut members = read(root)?.unwrap_or_default();
        let earlier = Self::of(&members).map_err(|reason| malformed(root, reason))?;
        let values: BTreeMap<_, _> = earlier.values.into_iter().chain(self.values.clone()).collect();
        members.insert("IsEncrypted".to_owned(), false.into());
        members.insert("Values".to_owned(), json!(values));
        let host = members.entry("Host").or_insert_with(|| json!({}));
        if let (Some(host), Some(port)) = (host.as_object_mut(), self.port) {
            host.insert("LocalHttpPort".to_owned(), port.into());
        }
        let path = root.join(NAME);
        let mut file = OpenOptions::new();
        file.write(true).create(true).truncate(true).mode(0o600);
        let written = file.open(&path).and_then(|mut file| writeln!(file, "{:#}", Value::Object(members)));
        written.map_err(|source| StartError::Write { path, source })
    }

    fn of(members: &Map<String, Value>) -> Result<Self, String> {
        if members.get("IsEncrypted").is_some_and(|encrypted| *encrypted != false) {
            return Err("IsEncrypted must be false; `func settings decrypt` makes it so".to_owned());
        }
        let text = |(name, value): (&String, &Value)| match value {
            Value::String(text) => Ok((name.clone(), text.clone())),
            _ => Err(format!("Values: {name} must be a string, in quotes")),
        };
        let values = object(members, "Values")?.into_iter().flatten().map(text).collect::<Result<_, _>>()?;
        let port = object(members, "Host")?.and_then(|host| host.get("LocalHttpPort"));
        Ok(Self { values, port: port.map(port_number).transpose()? })
    }
}

fn object<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>, String> {
    match members.get(name) {
        None => Ok(None),
        Some(value) => value.as_object().map(Some).ok_or_else(|| format!("{name} must be an object, in braces")),
    }
}

fn port_number(value: &Value) -> Result<u16, String> {
    let port = value.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    port.ok_or_else(|| format!("Host: LocalHttpPort {value} is not a port number"))
}

/// Editors on Windows begin such a file with a byte order mark.
fn read(root: &Path) -> Result<Option<Map<String, Value>>, StartError> {
    let path = root.join(NAME);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StartError::Read { path, source }),
    };
    let members = serde_json::from_str(text.trim_start_matches('\u{feff}'));
    members.map(Some).map_err(|fault| malformed(root, format!("is not a JSON object: {fault}")))
}

fn malformed(root: &Path, reason: String) -> StartError {
    StartError::NotImplemented { path: root.join(NAME), reason }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;

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
    fn what_is_wrong_is_said_with_the_files_name() {
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
    fn what_is_written_is_read_and_only_by_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let written = settings(&[("A", "1"), ("B", "é\"")], Some(1));
        written.write(folder.path()).unwrap();
        assert!(read(&folder) == written);
        let mode = fs::metadata(folder.path().join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_was_there_before_stays_unless_it_is_written_anew() {
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
}
