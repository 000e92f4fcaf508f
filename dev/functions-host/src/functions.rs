//! The function folders: each `<name>/function.json` gives one route.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::routes::{Routes, Template};
use crate::{StartError, shape};

/// Reads every folder of `root` that has a `function.json`.
pub(crate) fn read(root: &Path) -> Result<Routes, StartError> {
    let unreadable = |error| StartError::Read(root.to_owned(), error);
    let expected = json!({ "bindings": [
        { "type": "httpTrigger", "direction": "in", "name": shape::ANY, "authLevel": "anonymous", "route": shape::ANY },
        { "type": "http", "direction": "out", "name": shape::ANY },
    ] });
    let mut routes = Routes::default();
    for entry in fs::read_dir(root).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path().join("function.json");
        if path.is_file() {
            shape::read(&path, &expected, &[], |function| {
                let route = function.pointer("/bindings/0/route").and_then(Value::as_str).unwrap_or_default();
                routes.add(route.parse::<Template>()?)
            })?;
        }
    }
    if routes.is_empty() {
        return Err(StartError::NotImplemented(root.to_owned(), "no function folder".to_owned()));
    }
    Ok(routes)
}
