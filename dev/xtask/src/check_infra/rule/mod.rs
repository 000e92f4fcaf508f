//! Rules as data: `rules/*.yaml`, where README.md says how one is written.

mod expected;
mod order;
mod row;
mod schema;
mod select;
mod sets;
mod subject;

use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use self::order::Order;
use self::row::Row;
use self::schema::Schema;
use self::sets::Sets;
use self::subject::{Subject, is_resources};
use super::deployment::Deployment;
use super::project::{Project, TEMPLATE};
use crate::report::{Report, Verdict};

/// A rule: it is broken if one of its parts is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(rename = "rule")]
    pub name: String,
    /// The sentence that is printed before what breaks it.
    pub why: String,
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(default)]
    sets: Vec<Sets>,
    #[serde(default)]
    order: Vec<Order>,
    #[serde(default)]
    schemas: Vec<Schema>,
}

/// In the order in which they are judged and printed.
const FAMILIES: [&str; 12] = [
    include_str!("../rules/parameters.yaml"),
    include_str!("../rules/app.yaml"),
    include_str!("../rules/gateway.yaml"),
    include_str!("../rules/policies.yaml"),
    include_str!("../rules/telemetry.yaml"),
    include_str!("../rules/azd.yaml"),
    include_str!("../rules/data.yaml"),
    include_str!("../rules/identities.yaml"),
    include_str!("../rules/entra.yaml"),
    include_str!("../rules/network.yaml"),
    include_str!("../rules/secrets.yaml"),
    include_str!("../rules/schemas.yaml"),
];

/// All rules, or why they cannot be read.
pub(super) fn all() -> Result<&'static [Rule], String> {
    static RULES: LazyLock<Result<Vec<Rule>, String>> = LazyLock::new(|| {
        let families: Result<Vec<Vec<Rule>>, String> = FAMILIES.iter().map(|yaml| family(yaml)).collect();
        Ok(families?.into_iter().flatten().collect())
    });
    RULES.as_deref().map_err(Clone::clone)
}

/// Judges a project by every rule.
pub(super) fn judge(project: &Project, report: &mut Report) {
    report.judge("snapshots-read", project.unread.clone());
    match all() {
        Ok(rules) => rules.iter().for_each(|rule| report.add(&*rule.name, rule.judge(project))),
        Err(fault) => report.judge("rules", vec![fault]),
    }
}

fn family(yaml: &str) -> Result<Vec<Rule>, String> {
    let rules: Value = yaml_serde::from_str(yaml).map_err(|error| error.to_string())?;
    serde_json::from_value(rules).map_err(|error| error.to_string())
}

const NO_SCHEMAS: &str = "SCHEMAS is not set: set it to a folder with azure.yaml.json, host.json and function.json";

impl Rule {
    fn sources(&self) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter().flat_map(|row| row.of.iter().map(String::as_str));
        rows.chain(self.sets.iter().flat_map(Sets::sources)).chain(self.order.iter().map(|_| TEMPLATE))
    }

    /// Whether it needs a compiler.
    pub(super) fn is_about_the_template(&self) -> bool {
        self.sources().any(|source| source == TEMPLATE)
    }

    /// Each deployment is judged by a rule about resources. A check that cannot be made is a fault.
    pub(super) fn judge(&self, project: &Project) -> Verdict {
        if self.is_about_the_template() && project.document(TEMPLATE).is_err() {
            return Verdict::Skipped(super::tools::NO_CLI);
        }
        if !self.schemas.is_empty() && project.schemas.is_none() {
            return Verdict::Skipped(NO_SCHEMAS);
        }
        let mut faults = self.all_faults(project);
        if !faults.is_empty() {
            faults.insert(0, self.why.clone());
        }
        Verdict::Judged(faults)
    }

    fn all_faults(&self, project: &Project) -> Vec<String> {
        if !self.sources().any(is_resources) {
            return self.faults(Subject { project, deployment: None });
        }
        let of_set = |deployment: &Deployment| {
            let faults = self.faults(Subject { project, deployment: Some(deployment) });
            faults.into_iter().map(|fault| format!("{}: {fault}", deployment.set)).collect::<Vec<_>>()
        };
        if project.deployments.is_empty() {
            return vec!["there is no deployment to judge".to_owned()];
        }
        project.deployments.iter().flat_map(of_set).collect()
    }

    fn faults(&self, subject: Subject) -> Vec<String> {
        let folder = subject.project.schemas.as_deref().unwrap_or(Path::new(""));
        let rows = self.rows.iter().map(|row| row.judge(subject));
        let sets = self.sets.iter().map(|sets| sets.judge(subject));
        let order = self.order.iter().map(|order| order.judge(subject.project.document(TEMPLATE)?));
        let schemas = self.schemas.iter().map(|schema| schema.judge(subject, folder));
        let judged = rows.chain(sets).chain(order).chain(schemas);
        judged.flat_map(|faults| faults.unwrap_or_else(|fault| vec![fault])).collect()
    }
}

#[cfg(test)]
mod tests;
