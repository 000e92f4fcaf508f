//! Every rule by its name, a file for each family.

#![expect(clippy::unnecessary_wraps, reason = "all rules have one signature, so that they fit in one table")]

mod azd;
mod cosmos;
mod hooks;
mod host_json;
mod identities;
mod network;
mod network_names;
mod outputs;
mod parameters;
mod policies;
mod policy_elements;
mod policy_errors;
mod policy_headers;
mod policy_limits;
mod policy_rules;
mod role_names;
mod roles;
mod routes;
mod schemas;
mod secrets;
mod settings;
mod template;

use std::path::Path;

use serde_json::Value;

use super::deployment::Deployment;
use super::project::Project;

/// What was found. An error is that there was nothing to look at, and so a fault too.
pub(super) type Judged = Result<Vec<String>, String>;

/// What one rule looks at.
pub(super) enum Rule {
    /// The files, or several deployments.
    Project(fn(&Project) -> Judged),
    /// Each deployment.
    Deployment(fn(&Deployment) -> Judged),
    /// What main.bicep compiles to.
    Template(fn(&Value) -> Judged),
    /// The files, and the folder of schemas.
    Schema(fn(&Project, &Path) -> Judged),
}

/// Rules of one family by name.
type Rules = &'static [(&'static str, Rule)];

/// In the order in which they are printed.
const FAMILIES: &[Rules] = &[
    parameters::RULES,
    settings::RULES,
    routes::RULES,
    policies::RULES,
    policy_rules::RULES,
    policy_headers::RULES,
    policy_limits::RULES,
    policy_errors::RULES,
    host_json::RULES,
    azd::RULES,
    hooks::RULES,
    cosmos::RULES,
    identities::RULES,
    roles::RULES,
    network::RULES,
    network_names::RULES,
    secrets::RULES,
    outputs::RULES,
    template::RULES,
    schemas::RULES,
];

pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static Rule)> {
    FAMILIES.iter().flat_map(|rules| rules.iter().map(|(name, rule)| (*name, rule)))
}

/// The value that a rule's text stands for; a text that is no JSON equals nothing.
pub(super) fn literal(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| Value::String(format!("{json}: {error}")))
}

/// A fault for each word that a value does not contain.
fn mentions(what: &str, value: &str, words: &[&str]) -> Vec<String> {
    let absent = words.iter().filter(|word| !value.contains(**word));
    absent.map(|word| format!("{what} is {value}, which does not name {word}")).collect()
}

/// The fault that a value is not, as a whole, the one expected.
fn is(what: &str, value: &str, expected: &str) -> Vec<String> {
    unless(value == expected, || format!("{what} is {value}, not {expected}"))
}

/// The ARM expression, without its brackets, of what differs between the public cloud, that of the US government and China's.
fn by_cloud([public, government, china]: [&str; 3]) -> String {
    format!(
        "createObject('AzureCloud', '{public}', 'AzureUSGovernment', '{government}', 'AzureChinaCloud', '{china}')[environment().name]"
    )
}

/// The client id of the app registration.
const APP_ID: &str = "[reference('app').appId]";

/// The fault, unless it holds.
fn unless(holds: bool, fault: impl FnOnce() -> String) -> Vec<String> {
    if holds { vec![] } else { vec![fault()] }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::rule;
    use super::*;

    #[test]
    fn no_two_rules_have_one_name() {
        let rules = rule::all().unwrap().iter().map(|rule| rule.name.as_str());
        let names: Vec<&str> = all().map(|(name, _)| name).chain(rules).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
