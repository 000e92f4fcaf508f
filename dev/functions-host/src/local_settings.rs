//! `local.settings.json`: the settings of a function app on this machine, as Azure Functions Core Tools read them.

use std::io::{ErrorKind, Write as _};
use std::{collections::BTreeMap, fs, fs::OpenOptions, os::unix::fs::OpenOptionsExt as _, path::Path};

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

    /// Writes the file in a folder. Other settings of an earlier file stay; only its owner can read it.
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
        written.map_err(|error| StartError::Write(path, error))
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
        Err(error) => return Err(StartError::Read(path, error)),
    };
    let members = serde_json::from_str(text.trim_start_matches('\u{feff}'));
    members.map(Some).map_err(|fault| malformed(root, format!("is not a JSON object: {fault}")))
}

fn malformed(root: &Path, reason: String) -> StartError {
    StartError::NotImplemented(root.join(NAME), reason)
}
