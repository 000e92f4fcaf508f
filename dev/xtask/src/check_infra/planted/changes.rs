//! Small changes to a copy.

use serde_json::Value;

use super::super::files::Files;
use super::super::golden;

/// One change.
#[derive(Debug)]
pub(super) enum Change {
    /// The first resource of a type gets this value at this pointer; a final `-` appends to an array.
    Set(&'static str, &'static str, &'static str),
    /// In the first resource of a type that has this text, another stands in its place. Quotes are as in compact JSON.
    Replace(&'static str, &'static str, &'static str),
    /// The first resource of a type is gone.
    Remove(&'static str),
    /// One more resource.
    Add(&'static str),
    /// The first resource of a type, a second time.
    Again(&'static str),
    /// The resources are those of another parameter set.
    TakeFrom(&'static str),
    /// In a file, one text stands wherever another stood.
    Text(&'static str, &'static str, &'static str),
}

impl Change {
    /// A change that finds nothing to change is no plant, and so panics.
    pub(super) fn plant(&self, files: &mut Files, set: &str) {
        if let Self::Text(path, from, to) = self {
            let text = files.required(path).unwrap();
            assert!(text.contains(from), "{path} does not have {from:?} any more");
            let changed = text.replace(from, to);
            files.insert(*path, changed);
            return;
        }
        let from = if let Self::TakeFrom(other) = self { other } else { set };
        let mut snapshot: Value = serde_json::from_str(files.required(&golden::path(from)).unwrap()).unwrap();
        self.change(snapshot["predictedResources"].as_array_mut().unwrap());
        files.insert(golden::path(set), snapshot.to_string());
    }

    fn change(&self, resources: &mut Vec<Value>) {
        match self {
            Self::Set(kind, pointer, json) => {
                let at = first(resources, kind, "");
                set(&mut resources[at], pointer, serde_json::from_str(json).unwrap());
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
            Self::Add(json) => resources.push(serde_json::from_str(json).unwrap()),
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
