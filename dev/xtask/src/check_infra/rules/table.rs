//! Rules that are data: rules.yaml, judged. A row says which resources, and what each of them has.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::bicep::TENANT;
use super::super::deployment::{Deployment, Resource};
use super::{Judged, by_cloud, identities, network};

/// One row. Rows with the same rule are judged together.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(in super::super) struct Row {
    pub rule: String,
    /// The parameter set that it is about, or `network` or `no-network`; otherwise each.
    when: Option<String>,
    /// The types of resources.
    of: Vec<String>,
    /// How its name ends.
    #[serde(default)]
    named: String,
    /// How many there are; otherwise at least one.
    count: Option<Count>,
    /// What each has, by JSON pointer.
    #[serde(default)]
    has: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Count {
    Any,
    #[serde(untagged)]
    Exactly(usize),
}

/// The rows, or why there are none.
pub(in super::super) fn rows() -> Result<Vec<Row>, String> {
    let yaml: Value = yaml_serde::from_str(include_str!("rules.yaml")).map_err(|error| error.to_string())?;
    serde_json::from_value(yaml).map_err(|error| error.to_string())
}

pub(in super::super) fn judge(row: &Row, deployment: &Deployment) -> Judged {
    let applies = match row.when.as_deref() {
        None => true,
        Some("network") => network::has(deployment),
        Some("no-network") => !network::has(deployment),
        Some(set) => set == deployment.set,
    };
    let mut faults = vec![];
    for kind in row.of.iter().filter(|_| applies) {
        let found: Vec<_> = deployment.all(kind).filter(|resource| resource.name.ends_with(&row.named)).collect();
        let enough = match row.count {
            None => !found.is_empty(),
            Some(Count::Any) => true,
            Some(Count::Exactly(count)) => found.len() == count,
        };
        if !enough {
            faults.push(format!("there are {} {kind}{}", found.len(), row.named));
        }
        for (resource, (pointer, expected)) in found.iter().flat_map(|one| row.has.iter().map(move |has| (one, has))) {
            let expected = expanded(expected, deployment)?;
            faults.extend(differs(resource, pointer, &expected).map(|fault| format!("{}: {fault}", resource.name)));
        }
    }
    Ok(faults)
}

/// The fault that one of the values at a pointer is not as expected.
fn differs<'a>(resource: &'a Resource, pointer: &'a str, expected: &'a Value) -> impl Iterator<Item = String> + 'a {
    let property = pointer.trim_start_matches('/').replace('/', ".");
    let pointers = alternatives(pointer).into_iter();
    let found = pointers.flat_map(|pointer| select(&resource.body, &pointer)).filter(|found| !fits(found, expected));
    found.map(move |found| format!("{property} is {found}, not {expected}"))
}

/// `/a/{b,c}` is `/a/b` and `/a/c`.
fn alternatives(pointer: &str) -> Vec<String> {
    let braces = pointer.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (words, after))) = braces else { return vec![pointer.to_owned()] };
    words.split(',').flat_map(|word| alternatives(&format!("{before}{word}{after}"))).collect()
}

/// The values at a pointer. `*` is every element or member; `name=x` is every element whose `name` is x. What is not there is
/// null.
fn select(value: &Value, pointer: &str) -> Vec<Value> {
    let mut found = vec![value.clone()];
    for segment in pointer.split('/').skip(1) {
        found = found.iter().flat_map(|value| step(value, segment)).collect();
    }
    found
}

fn step(value: &Value, segment: &str) -> Vec<Value> {
    if segment == "*" {
        return match value {
            Value::Array(items) => items.clone(),
            Value::Object(members) => members.values().cloned().collect(),
            _ => vec![],
        };
    }
    if let Some((member, wanted)) = segment.split_once('=') {
        let items = value.as_array().into_iter().flatten();
        let chosen: Vec<_> =
            items.filter(|item| item.get(member).is_some_and(|found| found == wanted)).cloned().collect();
        return if chosen.is_empty() { vec![Value::Null] } else { chosen };
    }
    vec![value.pointer(&format!("/{segment}")).cloned().unwrap_or_default()]
}

/// Whether a value is the expected one, or as an object with one of these members says.
fn fits(found: &Value, expected: &Value) -> bool {
    let operator = expected.as_object().filter(|members| members.len() == 1).and_then(|members| members.iter().next());
    let text = found.as_str().unwrap_or_default();
    let words = |value: &Value| {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    match operator {
        Some((name, value)) => match name.as_str() {
            "not" => found != value,
            "one-of" => value.as_array().is_some_and(|values| values.contains(found)),
            "at-least" => found.as_u64() >= value.as_u64(),
            "items" => found.as_array().map_or(0, Vec::len) as u64 == value.as_u64().unwrap_or(u64::MAX),
            "starts" => value.as_str().is_some_and(|start| text.starts_with(start)),
            "contains" => value.as_str().is_some_and(|part| text.contains(part)),
            "contains-none" => !words(value).iter().any(|part| text.to_ascii_lowercase().contains(part)),
            "words" => text.split(' ').all(|word| words(value).iter().any(|allowed| allowed == word)),
            "in-any-order" => {
                let sorted = |value: &Value| {
                    let mut words = words(value);
                    words.sort();
                    words
                };
                found.is_array() && sorted(found) == sorted(value)
            }
            _ => found == expected,
        },
        None => found == expected,
    }
}

/// With what stands in angle brackets in its texts.
fn expanded(expected: &Value, deployment: &Deployment) -> Result<Value, String> {
    Ok(match expected {
        Value::String(text) => Value::String(expanded_text(text, deployment)?),
        Value::Array(items) => items.iter().map(|item| expanded(item, deployment)).collect::<Result<_, _>>()?,
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| Ok((name.clone(), expanded(value, deployment)?)));
            Value::Object(members.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn expanded_text(text: &str, deployment: &Deployment) -> Result<String, String> {
    let parts = text.split_once('<').and_then(|(before, rest)| Some((before, rest.split_once('>')?)));
    let Some((before, (reference, after))) = parts else { return Ok(text.to_owned()) };
    let named =
        |kind: &str| deployment.only(kind).map(|one| one.name.rsplit('/').next().unwrap_or(&one.name).to_owned());
    let identity = |name: String, property: &str| {
        identities::reference(deployment, &name, property).map(|found| found.trim_matches(['[', ']']).to_owned())
    };
    let value = match reference.split(' ').collect::<Vec<_>>().as_slice() {
        ["tenant"] => TENANT.to_owned(),
        ["workload"] => identities::workload(deployment)?,
        ["gateway"] => identities::gateway(deployment)?,
        ["workload", property] => identity(identities::workload(deployment)?, property)?,
        ["gateway", property] => identity(identities::gateway(deployment)?, property)?,
        ["name", kind] => named(kind)?,
        ["cloud", public, government, china] => by_cloud([*public, *government, *china]),
        [kind, pointer] if pointer.starts_with('/') => deployment.only(kind)?.text(pointer).to_owned(),
        [kind, property] => deployment.only(kind)?.reference(property),
        _ => return Err(format!("<{reference}> stands for nothing")),
    };
    Ok(format!("{before}{value}{}", expanded_text(after, deployment)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pointer_selects_members_elements_and_what_is_absent() {
        let value = json!({"a": [{"name": "x", "b": 1}, {"name": "y", "b": 2}], "c": {"d": 3}});
        assert_eq!(select(&value, "/a/*/b"), [json!(1), json!(2)]);
        assert_eq!(select(&value, "/a/name=y/b"), [json!(2)]);
        assert_eq!(select(&value, "/a/name=z/b"), [json!(null)]);
        assert_eq!(select(&value, "/c/e"), [json!(null)]);
        assert_eq!(alternatives("/{a,b}/{c,d}"), ["/a/c", "/a/d", "/b/c", "/b/d"]);
    }

    #[test]
    fn each_operator_tells_apart_what_fits() {
        for (fitting, other, expected) in [
            (json!(1), json!(2), json!(1)),
            (json!(null), json!(true), json!({"not": true})),
            (json!("a"), json!("c"), json!({"one-of": ["a", "b"]})),
            (json!(3), json!(null), json!({"at-least": 2})),
            (json!([1]), json!([1, 2]), json!({"items": 1})),
            (json!("RSA-HSM"), json!("EC"), json!({"starts": "RSA"})),
            (json!("a b"), json!("c"), json!({"contains": "b"})),
            (json!("Accept"), json!("Set-Cookie"), json!({"contains-none": ["cookie"]})),
            (json!("a b"), json!("a c"), json!({"words": ["a", "b"]})),
            (json!(["b", "a"]), json!(["a"]), json!({"in-any-order": ["a", "b"]})),
        ] {
            assert!(fits(&fitting, &expected) && !fits(&other, &expected), "{expected}");
        }
    }
}
