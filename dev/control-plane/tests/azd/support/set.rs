//! A parameter set of infra/test: the parameters, the variables that carry them, and what they deploy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use control_plane::{Deployment, Plan};
use serde_json::{Map, Value};

use super::{SUBSCRIPTION, TENANT};

pub(crate) struct Set {
    /// By the name of the parameter.
    pub(crate) parameters: Map<String, Value>,
    snapshot: Value,
}

impl Set {
    /// From a clone of the repository.
    pub(crate) fn read(clone: &Path, name: &str) -> Self {
        let file = |extension| fs::read_to_string(clone.join(format!("infra/test/{name}.{extension}"))).unwrap();
        let (parameters, snapshot) = (file("bicepparam"), file("snapshot.json"));
        Self {
            parameters: parameters.lines().filter_map(parameter).collect(),
            snapshot: serde_json::from_str(&snapshot).unwrap(),
        }
    }

    pub(crate) fn environment(&self) -> &str {
        self.parameters["environmentName"].as_str().unwrap()
    }

    pub(crate) fn location(&self) -> &str {
        self.parameters["location"].as_str().unwrap()
    }

    /// The settings with their values, as one would write them after `azd env set`.
    pub(crate) fn settings(&self, clone: &Path) -> Vec<(String, String)> {
        let variables = variables(clone);
        let given =
            self.parameters.iter().filter(|(name, _)| !["environmentName", "location"].contains(&name.as_str()));
        let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        given.map(|(name, value)| (variables[name].clone(), written(value))).collect()
    }

    /// A tenant and a subscription in which this set can be deployed.
    pub(crate) fn plan(&self) -> Plan {
        let resources = self.snapshot["predictedResources"].as_array().unwrap().clone();
        let outputs = self.snapshot["outputs"].as_object().unwrap().clone();
        let deployment = Deployment { parameters: self.parameters.clone(), resources, outputs };
        Plan { tenant: TENANT.to_owned(), subscription: SUBSCRIPTION.to_owned(), deployments: vec![deployment] }
    }

    /// The name of the one resource of this type.
    pub(crate) fn name_of(&self, kind: &str) -> &str {
        let resources = self.snapshot["predictedResources"].as_array().unwrap();
        let mut of_kind = resources.iter().filter(|resource| resource["type"] == kind);
        let name = of_kind.next().unwrap()["name"].as_str().unwrap();
        assert!(of_kind.next().is_none(), "two of {kind}");
        name
    }
}

/// A line `param NAME = VALUE` of a .bicepparam file, whose value is a text, a number or a truth value.
fn parameter(line: &str) -> Option<(String, Value)> {
    let (name, literal) = line.strip_prefix("param ")?.split_once(" = ").unwrap();
    let value = match literal.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        Some(text) => text.into(),
        None => serde_json::from_str(literal).unwrap(),
    };
    Some((name.to_owned(), value))
}

/// The names in the table of settings in docs/deploy.md.
pub(crate) fn documented(clone: &Path) -> BTreeSet<String> {
    let page = fs::read_to_string(clone.join("docs/deploy.md")).unwrap();
    let section = page.split("\n## Settings\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let names = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | ")).map(|(names, _)| names);
    names.flat_map(|names| names.split(", ")).map(|name| name.trim_matches('`').to_owned()).collect()
}

/// The variable of each parameter in main.parameters.json.
fn variables(clone: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(clone.join("infra/main.parameters.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let parameters = file["parameters"].as_object().unwrap().iter();
    let variable = |value: &Value| {
        let text = value["value"].as_str().unwrap();
        text.trim_start_matches("${").trim_end_matches('}').to_owned()
    };
    parameters.map(|(name, value)| (name.clone(), variable(value))).collect()
}
