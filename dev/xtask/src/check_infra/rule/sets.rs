//! Texts that are in one place and must be in another.

use std::collections::BTreeSet;

use regex::Captures;
use serde::Deserialize;
use serde_json::Value;

use super::expected::Pattern;
use super::select::{select, text};
use super::subject::Subject;

/// Two sets of texts, and how they relate.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Sets {
    left: Vec<Part>,
    is: Relation,
    right: Vec<Part>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Relation {
    Same,
    Within,
}

/// A part of a set: texts of the rule's own, or those that are found in the resources of a type or in files.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Part {
    texts: Vec<String>,
    of: Option<String>,
    /// A pointer.
    at: String,
    /// Pointers from there to what is joined, with spaces, to a text.
    join: Vec<String>,
    /// Taken from each text: the groups of each match, joined.
    find: Option<Pattern>,
    /// Each text stands after each of these.
    after: Vec<String>,
}

impl Sets {
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.left.iter().chain(&self.right).filter_map(|part| part.of.as_deref())
    }

    pub(super) fn judge(&self, subject: Subject) -> Result<Vec<String>, String> {
        let (left, right) = (texts(&self.left, subject)?, texts(&self.right, subject)?);
        if left.is_empty() {
            return Err(format!("there is nothing in {}", name(&self.left)));
        }
        let mut faults = missing(&left, &right, &name(&self.left), &name(&self.right));
        if self.is == Relation::Same {
            faults.extend(missing(&right, &left, &name(&self.right), &name(&self.left)));
        }
        Ok(faults)
    }
}

fn missing(these: &BTreeSet<String>, those: &BTreeSet<String>, place: &str, other: &str) -> Vec<String> {
    these.difference(those).map(|text| format!("{text:?} is in {place}, and not in {other}")).collect()
}

fn name(parts: &[Part]) -> String {
    let sources: Vec<&str> = parts.iter().map(|part| part.of.as_deref().unwrap_or("the list of this rule")).collect();
    sources.join(" or ")
}

fn texts(parts: &[Part], subject: Subject) -> Result<BTreeSet<String>, String> {
    let texts: Result<Vec<_>, _> = parts.iter().map(|part| part.all(subject)).collect();
    Ok(texts?.into_iter().flatten().collect())
}

impl Part {
    fn all(&self, subject: Subject) -> Result<Vec<String>, String> {
        let mut texts = self.texts.clone();
        for (_, body) in self.of.as_deref().map_or_else(|| Ok(vec![]), |of| subject.all(of))? {
            texts.extend(select(body, &self.at).iter().flat_map(|value| self.joined(value)));
        }
        if let Some(Pattern(pattern)) = &self.find {
            let found = texts.iter().flat_map(|text| pattern.captures_iter(text));
            let groups = |found: Captures| {
                found.iter().skip(1).flatten().map(|group| group.as_str()).collect::<Vec<_>>().join(" ")
            };
            texts = found.map(groups).collect();
        }
        let each_after = |text: &String| self.after.iter().map(|word| format!("{word} {text}")).collect::<Vec<_>>();
        Ok(if self.after.is_empty() { texts } else { texts.iter().flat_map(each_after).collect() })
    }

    /// If a pointer selects several values, a text for each.
    fn joined(&self, value: &Value) -> Vec<String> {
        let texts_at = |pointer: &String| select(value, pointer).iter().map(text).collect::<Vec<_>>();
        let joined = self.join.iter().map(texts_at).reduce(|texts, next| {
            texts.iter().flat_map(|text| next.iter().map(move |next| format!("{text} {next}"))).collect()
        });
        joined.unwrap_or_else(|| vec![text(value)])
    }
}
