//! A file against its published schema.

use std::{error, fs, path::Path};

use boon::{Compiler, Schemas, UrlLoader};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{select::select, subject::Subject};
use crate::check_infra::document;

/// A part of some files, and a part of a schema.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schema {
    of: String,
    /// A pointer.
    #[serde(default)]
    at: String,
    /// A member that is not looked at.
    #[serde(default)]
    without: String,
    /// The schema's file.
    against: String,
    /// A pointer to the part of it; otherwise all of it.
    #[serde(default)]
    part: String,
}

/// Where a schema is while it is judged by; it is not fetched.
const PLACE: &str = "https://schemas.example/schema.json";

/// azd's schema names others, for hosts that this project does not use. They are not fetched, and allow everything.
struct Elsewhere;

impl UrlLoader for Elsewhere {
    fn load(&self, _url: &str) -> Result<Value, Box<dyn error::Error>> {
        Ok(json!({}))
    }
}

impl Schema {
    pub(super) fn judge(&self, subject: Subject, folder: &Path) -> Result<Vec<String>, String> {
        let file = folder.join(&self.against);
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let schema = document::parse(&self.against, &text)?;
        let mut faults = vec![];
        for (name, document) in subject.all(&self.of)? {
            for mut value in select(document, &self.at) {
                value.as_object_mut().map(|members| members.remove(&self.without));
                let fault = fault(&schema, &self.part, &value).map_err(|error| format!("{}: {error}", self.against))?;
                faults.extend(fault.map(|fault| format!("{name}: {fault}")));
            }
        }
        Ok(faults)
    }
}

fn fault(schema: &Value, part: &str, value: &Value) -> Result<Option<String>, String> {
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(Elsewhere));
    let mut schemas = Schemas::new();
    let mut schema = schema.clone();
    for id in ["$id", "id"] {
        schema.as_object_mut().map(|members| members.remove(id));
    }
    compiler.add_resource(PLACE, schema).map_err(|error| error.to_string())?;
    let index = compiler.compile(&format!("{PLACE}#{part}"), &mut schemas).map_err(|error| format!("{error:#}"))?;
    Ok(schemas.validate(value, index).err().map(|fault| format!("{fault:#}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_held_against_a_part_of_a_schema() {
        let schema = json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "id": "https://elsewhere.example/x.json",
            "definitions": {"binding": {"required": ["type"], "properties": {"type": {"enum": ["http"]}}}},
            "properties": {"bindings": {"type": "array"}, "host": {"$ref": "https://elsewhere.example/y.json"}}
        });
        let fault = |part: &str, value: Value| fault(&schema, part, &value).unwrap();
        assert_eq!(fault("/definitions/binding", json!({"type": "http"})), None);
        assert!(fault("/definitions/binding", json!({"type": "https"})).is_some());
        assert_eq!(fault("", json!({"bindings": [], "host": 1})), None);
        assert!(fault("", json!({"bindings": {}})).is_some());
    }
}
