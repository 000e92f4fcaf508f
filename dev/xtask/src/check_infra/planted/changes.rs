//! Small changes to a copy.

use serde::Deserialize;
use serde_json::Value;

use super::super::{files::Files, golden};

/// One change, as planted.yaml explains it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Change {
    Set(String, String, Value),
    Replace(String, String, String),
    Remove(String),
    Add(Value),
    Again(String),
    TakeFrom(String),
    Text(String, String, String),
}

impl Change {
    /// A change that finds nothing to change is no plant, and so panics.
    pub(super) fn plant(&self, files: &mut Files, set: &str) {
        if let Self::Text(path, from, to) = self {
            let text = files.required(path).unwrap();
            assert!(text.contains(from.as_str()), "{path} does not have {from:?} any more");
            let changed = text.replace(from, to);
            files.insert(path.as_str(), changed);
            return;
        }
        let from = if let Self::TakeFrom(other) = self { other } else { set };
        let mut snapshot: Value = serde_json::from_str(files.required(&golden::path(from)).unwrap()).unwrap();
        self.change(snapshot["predictedResources"].as_array_mut().unwrap());
        files.insert(golden::path(set), snapshot.to_string());
    }

    fn change(&self, resources: &mut Vec<Value>) {
        match self {
            Self::Set(kind, pointer, value) => {
                let at = first(resources, kind, "");
                set(&mut resources[at], pointer, value.clone());
            }
            Self::Replace(kind, from, to) => {
                let at = first(resources, kind, from);
                let changed = resources[at].to_string().replacen(from, to, 1);
                resources[at] = serde_json::from_str(&changed).unwrap();
            }
            Self::Remove(kind) => {
                let at = first(resources, kind, "");
                resources.remove(at);
            }
            Self::Again(kind) => resources.push(resources[first(resources, kind, "")].clone()),
            Self::Add(resource) => resources.push(resource.clone()),
            Self::TakeFrom(_) | Self::Text(..) => {}
        }
    }
}

/// Where the first resource of a type is that has this text.
fn first(resources: &[Value], kind: &str, text: &str) -> usize {
    let is = |resource: &Value| {
        let found = resource["type"].as_str().unwrap_or_default();
        found.split('@').next() == Some(kind) && resource.to_string().contains(text)
    };
    resources.iter().position(is).unwrap_or_else(|| panic!("there is no {kind} with {text:?}"))
}

fn set(resource: &mut Value, pointer: &str, value: Value) {
    let (holder, member) = pointer.rsplit_once('/').unwrap();
    match resource.pointer_mut(holder).unwrap_or_else(|| panic!("{pointer} is not there")) {
        Value::Array(items) if member == "-" => items.push(value),
        holder => holder[member] = value,
    }
}
