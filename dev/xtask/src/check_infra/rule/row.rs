//! Values that each resource of some types, or each of some files, has.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{expected::Expected, select::select, subject::Subject};

/// A row of a rule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Row {
    /// The parameter set that it is about, or `network` or `no-network`; otherwise each.
    when: Option<String>,
    /// Types of resources, or files.
    pub of: Vec<String>,
    /// Only those that have this, by pointer.
    #[serde(default, rename = "where")]
    chosen: BTreeMap<String, Expected>,
    /// How many there are; otherwise at least one.
    count: Option<Count>,
    /// The expected values, by JSON pointer.
    #[serde(default)]
    has: BTreeMap<String, Expected>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Count {
    Any,
    #[serde(untagged)]
    Exactly(usize),
}

impl Row {
    #[cfg(test)]
    pub(super) fn unknown_operators(&self) -> Vec<String> {
        self.chosen.values().chain(self.has.values()).flat_map(Expected::unknown_operators).collect()
    }

    pub(super) fn judge(&self, subject: Subject) -> Result<Vec<String>, String> {
        let mut faults = vec![];
        if !subject.meets(self.when.as_deref()) {
            return Ok(faults);
        }
        let (chosen, has) = (resolved(&self.chosen, subject)?, resolved(&self.has, subject)?);
        for source in &self.of {
            let is_chosen =
                |body: &Value| chosen.iter().all(|(pointer, expected)| differs(body, pointer, expected).is_empty());
            let mut found = subject.all(source)?;
            found.retain(|(_, body)| is_chosen(body));
            let enough = match self.count {
                None => !found.is_empty(),
                Some(Count::Any) => true,
                Some(Count::Exactly(count)) => found.len() == count,
            };
            if !enough {
                let chosen: Vec<String> = chosen
                    .iter()
                    .map(|(pointer, expected)| format!(" whose {pointer} is {}", expected.json()))
                    .collect();
                faults.push(format!("there are {} {source}{}", found.len(), chosen.join(" and")));
            }
            for (name, body) in found {
                let differences = has.iter().flat_map(|(pointer, expected)| differs(body, pointer, expected));
                faults.extend(differences.map(|fault| format!("{name}: {fault}")));
            }
        }
        Ok(faults)
    }
}

fn resolved<'a>(
    wanted: &'a BTreeMap<String, Expected>,
    subject: Subject,
) -> Result<Vec<(&'a String, Expected)>, String> {
    let resolve = |text: &str| subject.resolved(text);
    wanted.iter().map(|(pointer, expected)| Ok((pointer, expected.resolved(&resolve)?))).collect()
}

/// A fault for each of the values at a pointer that is not as expected.
fn differs(body: &Value, pointer: &str, expected: &Expected) -> Vec<String> {
    let property = pointer.trim_start_matches('/').replace('/', ".");
    let found = select(body, pointer).into_iter().filter(|found| !expected.fits(found));
    found.map(|found| format!("{property} is {found}, not {}", expected.json())).collect()
}
