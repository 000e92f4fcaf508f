//! azure.yaml, host.json and function.json against their published schemas.

use std::path::Path;
use std::{error, fs};

use boon::{Compiler, Schemas, UrlLoader};
use serde_json::{Value, json};

use super::super::project::Project;
use super::{Judged, Rule, Rules};

pub(super) const RULES: Rules = &[
    ("schema-azure-yaml", Rule::Schema(azure_yaml)),
    ("schema-host-json", Rule::Schema(host_json)),
    ("schema-function-json", Rule::Schema(function_json)),
];

/// Where a schema is while it is judged by; it is not fetched.
const PLACE: &str = "https://schemas.example/schema.json";

/// azd's schema names others, for hosts that this project does not use. They are not fetched, and allow everything.
struct Elsewhere;

impl UrlLoader for Elsewhere {
    fn load(&self, _url: &str) -> Result<Value, Box<dyn error::Error>> {
        Ok(json!({}))
    }
}

fn azure_yaml(project: &Project, folder: &Path) -> Judged {
    let text = project.files.required("azure.yaml")?;
    let azure: Value = yaml_serde::from_str(text).map_err(|error| format!("azure.yaml: {error}"))?;
    validate(&read(folder, "azure.yaml.json")?, "", &azure, "azure.yaml")
}

fn host_json(project: &Project, folder: &Path) -> Judged {
    let host = parse("host.json", project.files.required("host.json")?)?;
    validate(&read(folder, "host.json")?, "", &host, "host.json")
}

/// Each binding is held against the definition of HTTP's. The schema as a whole wants it to match exactly one definition,
/// but names the type of `sqlBinding` by `const`, which its own draft 4 does not have, so that any binding matches that too.
fn function_json(project: &Project, folder: &Path) -> Judged {
    let schema = read(folder, "function.json")?;
    let mut faults = vec![];
    for (path, text) in project.files.under("", "/function.json").filter(|(path, _)| path.matches('/').count() == 1) {
        let function = parse(path, text)?;
        let bindings =
            function.pointer("/bindings").and_then(Value::as_array).ok_or_else(|| format!("{path} has no bindings"))?;
        for binding in bindings {
            faults.extend(validate(&schema, "/definitions/bindingBase", binding, path)?);
            faults.extend(validate(&schema, "/definitions/httpBinding", binding, path)?);
        }
        let mut rest = function.clone();
        if let Some(rest) = rest.as_object_mut() {
            rest.remove("bindings");
        }
        faults.extend(validate(&schema, "", &rest, path)?);
    }
    Ok(faults)
}

fn read(folder: &Path, name: &str) -> Result<Value, String> {
    let file = folder.join(name);
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    parse(name, &text)
}

fn parse(name: &str, text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))
}

/// Against the part of a schema that the JSON pointer names.
fn validate(schema: &Value, pointer: &str, value: &Value, name: &str) -> Judged {
    let mut compiler = Compiler::new();
    compiler.use_loader(Box::new(Elsewhere));
    let mut schemas = Schemas::new();
    let mut schema = schema.clone();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$id");
        schema.remove("id");
    }
    compiler.add_resource(PLACE, schema).map_err(|error| format!("the schema of {name}: {error}"))?;
    let index = compiler
        .compile(&format!("{PLACE}#{pointer}"), &mut schemas)
        .map_err(|error| format!("the schema of {name}: {error:#}"))?;
    let fault = schemas.validate(value, index).err();
    Ok(fault.map(|fault| format!("{name}: {fault:#}")).into_iter().collect())
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
        let faults = |pointer: &str, value: Value| validate(&schema, pointer, &value, "a").unwrap();
        assert!(faults("/definitions/binding", json!({"type": "http"})).is_empty());
        assert!(faults("/definitions/binding", json!({"type": "https"}))[0].starts_with("a: "));
        assert!(faults("", json!({"bindings": [], "host": 1})).is_empty());
        assert_eq!(faults("", json!({"bindings": {}})).len(), 1);
    }
}
