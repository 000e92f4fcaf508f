//! What azd passes to the deployment is what the deployment takes, and what its guide says.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::project::Project;
use super::{Judged, Rule, Rules, is};

pub(super) const RULES: Rules = &[
    ("parameters-file", Rule::Project(parameters_file)),
    ("parameters-have-their-variables", Rule::Project(variables)),
    ("parameters-documented", Rule::Project(documented)),
    ("parameters-set-everything", Rule::Project(set_everything)),
];

const FILE: &str = "infra/main.parameters.json";
const GUIDE: &str = "docs/deploy.md";

/// Variables that are not their parameter's name in capitals: azd's own, names that say more where the handler is not in
/// view, and names that a shell is unlikely to have already, because azd falls back to the shell's variables.
const NAMED: [(&str, &str); 7] = [
    ("allowedOrigins", "MCP_ALLOWED_ORIGINS"),
    ("environmentName", "AZURE_ENV_NAME"),
    ("eventPollMilliseconds", "EVENT_POLL_MS"),
    ("location", "AZURE_LOCATION"),
    ("logLevel", "MCP_LOG_LEVEL"),
    ("logRetentionInDays", "LOG_RETENTION_DAYS"),
    ("publisherEmail", "APIM_PUBLISHER_EMAIL"),
];
/// azd asks for these, and they are not settings.
const ASKED: [&str; 2] = ["environmentName", "location"];

/// The parameters of main.bicep.
fn declared(project: &Project) -> Result<BTreeSet<&str>, String> {
    let main = project.files.required("infra/main.bicep")?;
    let names: BTreeSet<_> = main.lines().filter_map(|line| line.strip_prefix("param ")?.split(' ').next()).collect();
    if names.is_empty() { Err("main.bicep takes no parameter".to_owned()) } else { Ok(names) }
}

fn given(project: &Project) -> Result<Map<String, Value>, String> {
    let file: Value =
        serde_json::from_str(project.files.required(FILE)?).map_err(|error| format!("{FILE}: {error}"))?;
    let given = file.pointer("/parameters").and_then(Value::as_object);
    given.cloned().ok_or_else(|| format!("{FILE} has no parameters"))
}

fn parameters_file(project: &Project) -> Judged {
    let (given, declared) = (given(project)?, declared(project)?);
    let unknown = given.keys().filter(|name| !declared.contains(name.as_str()));
    let unknown = unknown.map(|name| format!("{FILE} gives {name}, which main.bicep does not take"));
    let absent = declared.iter().filter(|name| !given.contains_key(**name));
    let absent = absent.map(|name| format!("{FILE} does not give {name}, which main.bicep takes"));
    Ok(unknown.chain(absent).collect())
}

/// The variable of azd's environment that sets a parameter.
fn variable(parameter: &str) -> String {
    if let Some((_, variable)) = NAMED.iter().find(|(name, _)| *name == parameter) {
        return (*variable).to_owned();
    }
    let mut variable = String::new();
    let mut after_small = false;
    for letter in parameter.chars() {
        if after_small && letter.is_ascii_uppercase() {
            variable.push('_');
        }
        after_small = letter.is_ascii_lowercase();
        variable.push(letter.to_ascii_uppercase());
    }
    variable
}

/// With or without a default of azd's: `${NAME}`, `${NAME=default}`.
fn variables(project: &Project) -> Judged {
    let (given, declared) = (given(project)?, declared(project)?);
    let mut faults = vec![];
    for (name, value) in given.iter().filter(|(name, _)| declared.contains(name.as_str())) {
        let value = value.pointer("/value").and_then(Value::as_str).unwrap_or_default();
        let found = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(value);
        let found = found.split('=').next().unwrap_or(found);
        faults.extend(is(&format!("{FILE}: the variable of {name}"), found, &variable(name)));
    }
    Ok(faults)
}

/// The table of settings has every variable, and no other.
fn documented(project: &Project) -> Judged {
    let listed = settings_table(project.files.required(GUIDE)?);
    let declared = declared(project)?;
    let expected: BTreeSet<String> = declared.into_iter().filter(|name| !ASKED.contains(name)).map(variable).collect();
    let absent = expected.difference(&listed).map(|name| format!("{GUIDE} does not list {name}"));
    let unknown = listed.difference(&expected).map(|name| format!("{GUIDE} lists {name}, which sets no parameter"));
    Ok(absent.chain(unknown).collect())
}

/// What stands as code in the first column of the tables under "Settings".
fn settings_table(guide: &str) -> BTreeSet<String> {
    let section = guide.split_once("\n## Settings\n").map_or("", |(_, rest)| rest);
    let section = section.split("\n## ").next().unwrap_or(section);
    let cells = section.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The set `everything` is not the defaults in disguise: it gives every parameter that has a default.
fn set_everything(project: &Project) -> Judged {
    let set = project.files.required("infra/test/everything.bicepparam")?;
    let given: Vec<_> = set.lines().filter_map(|line| line.strip_prefix("param ")?.split(' ').next()).collect();
    let absent = declared(project)?.into_iter().filter(|name| !given.contains(name));
    Ok(absent.map(|name| format!("infra/test/everything.bicepparam does not give {name}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_the_parameters_name_in_capitals_or_named_here() {
        assert_eq!(variable("instanceMemoryMB"), "INSTANCE_MEMORY_MB");
        assert_eq!(variable("apimSku"), "APIM_SKU");
        assert_eq!(variable("location"), "AZURE_LOCATION");
    }

    #[test]
    fn settings_are_the_first_column_of_their_section_alone() {
        let guide = "\n## Before\n\n| `A` |\n\n## Settings\n\n| name | what |\n|---|---|\n| `B`, `C` | `D` |\n\n## After\n\n| `E` |\n";
        assert_eq!(settings_table(guide).into_iter().collect::<Vec<_>>(), ["B", "C"]);
    }
}
