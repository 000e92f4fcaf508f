//! JSON files of a function app, compared with the one shape that this host implements.

use std::{fs, path::Path};

use serde_json::{Map, Value};

use crate::StartError;

/// The value at which any string is accepted.
pub(crate) const ANY: &str = "*";

/// Reads a JSON file that has this shape, but for members that do not matter here. `check` then reads what it says.
pub(crate) fn read<T>(
    path: &Path,
    expected: &Value,
    ignored: &[&str],
    check: impl FnOnce(&Value) -> Result<T, String>,
) -> Result<T, StartError> {
    let text = fs::read(path).map_err(|error| StartError::Read(path.to_owned(), error))?;
    let parsed = serde_json::from_slice::<Map<String, Value>>(&text).map_err(|fault| fault.to_string());
    let checked = parsed.and_then(|mut members| {
        members.retain(|name, _| !ignored.contains(&name.as_str()));
        let given = Value::Object(members);
        difference("", expected, &given).map_or_else(|| check(&given), Err)
    });
    checked.map_err(|reason| StartError::NotImplemented(path.to_owned(), reason))
}

/// The first place where a value differs, in words.
fn difference(at: &str, expected: &Value, given: &Value) -> Option<String> {
    match (expected, given) {
        (Value::Object(expected), Value::Object(given)) => difference_of_members(at, expected, given),
        (Value::Array(expected), Value::Array(given)) if expected.len() == given.len() => {
            let mut items = expected.iter().zip(given).enumerate();
            items.find_map(|(index, (expected, given))| difference(&format!("{at}[{index}]"), expected, given))
        }
        (Value::String(any), Value::String(_)) if any == ANY => None,
        _ if expected == given => None,
        _ => Some(format!("{at} must be {expected}, and is {given}")),
    }
}

fn difference_of_members(at: &str, expected: &Map<String, Value>, given: &Map<String, Value>) -> Option<String> {
    let path = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    if let Some(unknown) = given.keys().find(|name| !expected.contains_key(*name)) {
        return Some(format!("{} is not implemented", path(unknown)));
    }
    expected.iter().find_map(|(name, expected)| match given.get(name) {
        Some(given) => difference(&path(name), expected, given),
        None => Some(format!("{} is missing", path(name))),
    })
}
