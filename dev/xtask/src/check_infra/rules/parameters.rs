//! What azd passes to the deployment is what the deployment takes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::project::Project;
use super::{Judged, Rule, Rules};

pub(super) const RULES: Rules = &[
    ("parameters-file", Rule::Project(parameters_file)),
    ("parameters-set-everything", Rule::Project(set_everything)),
];

const FILE: &str = "infra/main.parameters.json";

/// The parameters of main.bicep, and whether each may be left out.
fn declared(project: &Project) -> Result<BTreeMap<&str, bool>, String> {
    let main = project.files.required("infra/main.bicep")?;
    let lines = main.lines().filter_map(|line| line.strip_prefix("param "));
    let declared =
        lines.filter_map(|line| Some((line.split(' ').next()?, line.contains(" = ") || line.ends_with('?'))));
    Ok(declared.collect())
}

fn parameters_file(project: &Project) -> Judged {
    let file: Value =
        serde_json::from_str(project.files.required(FILE)?).map_err(|error| format!("{FILE}: {error}"))?;
    let given =
        file.pointer("/parameters").and_then(Value::as_object).ok_or_else(|| format!("{FILE} has no parameters"))?;
    let declared = declared(project)?;
    let unknown = given.keys().filter(|name| !declared.contains_key(name.as_str()));
    let unknown = unknown.map(|name| format!("{FILE} gives {name}, which main.bicep does not take"));
    let absent = declared.iter().filter(|(name, optional)| !**optional && !given.contains_key(**name));
    let absent = absent.map(|(name, _)| format!("{FILE} does not give {name}, which main.bicep needs"));
    Ok(unknown.chain(absent).collect())
}

/// The set `everything` is not the defaults in disguise: it gives every parameter that has a default.
fn set_everything(project: &Project) -> Judged {
    let set = project.files.required("infra/test/everything.bicepparam")?;
    let given: Vec<_> = set.lines().filter_map(|line| line.strip_prefix("param ")?.split(' ').next()).collect();
    let absent = declared(project)?.into_keys().filter(|name| !given.contains(name));
    Ok(absent.map(|name| format!("infra/test/everything.bicepparam does not give {name}")).collect())
}
