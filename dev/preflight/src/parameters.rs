//! The parameters of `infra/main.bicep` with their limits, and the variables that set them. Read as text, so that no
//! limit is written twice.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A parameter that a variable sets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Variable of azd's environment.
    pub(crate) variable: String,
    pub(crate) kind: Kind,
}

/// The type of a parameter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    /// A whole number in this range.
    Int {
        least: i64,
        most: i64,
    },
    /// One of these; any text if there are none.
    Text {
        allowed: Vec<String>,
    },
}

/// Reads `infra/main.bicep` and `infra/main.parameters.json`.
pub(crate) fn read(root: &Path) -> Result<Vec<Parameter>, String> {
    let text = |path: &str| fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"));
    parse(&text("infra/main.bicep")?, &text("infra/main.parameters.json")?)
}

fn parse(bicep: &str, file: &str) -> Result<Vec<Parameter>, String> {
    let file: Value = serde_json::from_str(file).map_err(|error| format!("infra/main.parameters.json: {error}"))?;
    let mut parameters = vec![];
    let mut decorators = String::new();
    for line in bicep.lines() {
        if let Some(declaration) = line.strip_prefix("param ") {
            parameters.extend(parameter(declaration, &decorators, &file));
        }
        if line.is_empty() || line.starts_with("param ") {
            decorators.clear();
        } else {
            decorators.push_str(line);
            decorators.push('\n');
        }
    }
    if parameters.is_empty() { Err("infra/main.bicep takes no parameter".to_owned()) } else { Ok(parameters) }
}

/// None for a parameter that no variable sets.
fn parameter(declaration: &str, decorators: &str, file: &Value) -> Option<Parameter> {
    let mut words = declaration.split(' ');
    let (name, kind) = (words.next()?, words.next()?);
    let value = file.pointer(&format!("/parameters/{name}/value"))?.as_str()?;
    let variable = value.strip_prefix("${")?.strip_suffix('}')?.to_owned();
    let allowed = argument(decorators, "allowed").map_or_else(Vec::new, items);
    let kind = match kind {
        "bool" => Kind::Bool,
        "int" if allowed.is_empty() => Kind::Int {
            least: number(decorators, "minValue").unwrap_or(i64::MIN),
            most: number(decorators, "maxValue").unwrap_or(i64::MAX),
        },
        _ => Kind::Text { allowed },
    };
    Some(Parameter { variable, kind })
}

/// The text between the brackets of a decorator.
fn argument<'a>(decorators: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = decorators.split_once(&format!("@{name}("))?;
    rest.split(')').next()
}

fn number(decorators: &str, name: &str) -> Option<i64> {
    argument(decorators, name)?.parse().ok()
}

fn items(array: &str) -> Vec<String> {
    let words = array.split(|other: char| other.is_whitespace() || "[],'".contains(other));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BICEP: &str = "\
// A comment with @allowed(['nothing']).

@description('Name (of something).')
param name string

@description('Region.')
@allowed([
  'westeurope'
  'eastus'
])
param location string

@allowed([512, 2048])
param memory int = 512

@minValue(0)
@maxValue(20)
param ready int = 1

param closed bool = false

param derived string = name
";
    const FILE: &str = r#"{"parameters": {
        "name": {"value": "${NAME}"}, "location": {"value": "${AZURE_LOCATION}"}, "memory": {"value": "${MEMORY}"},
        "ready": {"value": "${READY}"}, "closed": {"value": "${CLOSED}"}}}"#;

    #[test]
    fn parameters_have_their_variables_and_limits() {
        let text = |allowed: &[&str]| Kind::Text { allowed: allowed.iter().map(|&text| text.to_owned()).collect() };
        let expected = [
            ("NAME", text(&[])),
            ("AZURE_LOCATION", text(&["westeurope", "eastus"])),
            ("MEMORY", text(&["512", "2048"])),
            ("READY", Kind::Int { least: 0, most: 20 }),
            ("CLOSED", Kind::Bool),
        ];
        let expected = expected.map(|(variable, kind)| Parameter { variable: variable.to_owned(), kind });
        assert_eq!(parse(BICEP, FILE).unwrap(), expected);
    }

    #[test]
    fn a_file_without_parameters_is_an_error() {
        assert!(parse("var a = 1", "{}").is_err());
        assert!(parse(BICEP, "{").is_err());
    }

    /// Written down once, so that a change of how Bicep files are written does not empty the list.
    #[test]
    fn the_checkouts_own_parameters_are_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let parameters = read(&root).unwrap();
        let of = |name: &str| &parameters.iter().find(|parameter| parameter.variable == name).unwrap().kind;
        assert_eq!(of("ALWAYS_READY_COUNT"), &Kind::Int { least: 0, most: 20 });
        assert_eq!(of("VNET_ENABLED"), &Kind::Bool);
        assert!(matches!(of("AZURE_LOCATION"), Kind::Text { allowed } if allowed.contains(&"westeurope".to_owned())));
        assert!(matches!(of("MCP_LOG_LEVEL"), Kind::Text { allowed } if allowed.len() == 5));
        let file = fs::read_to_string(root.join("infra/main.parameters.json")).unwrap();
        assert_eq!(parameters.len(), file.matches("\"value\"").count());
    }
}
