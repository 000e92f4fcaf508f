//! Values at a place in a document.

use std::borrow::Cow;

use serde_json::{Value, json};

/// The values at a JSON pointer; what is not there is null. Besides names and indices a segment may be
/// `*`, every element or member; `@`, the `name` and `value` of every member; `name=x`, every element whose `name` is x, or null; `?name=x`, the
/// array of these elements. In place of `name` a path with dots may stand. `{b,c}` is once `b` and once `c`.
pub(super) fn select(value: &Value, pointer: &str) -> Vec<Value> {
    let pointers = alternatives(pointer).into_iter();
    pointers.flat_map(|pointer| walk(value, &pointer.split('/').skip(1).collect::<Vec<_>>())).collect()
}

fn walk(value: &Value, segments: &[&str]) -> Vec<Value> {
    let Some((first, rest)) = segments.split_first() else { return vec![value.clone()] };
    step(value, first).iter().flat_map(|value| walk(value, rest)).collect()
}

/// A value as a text: itself, or its JSON; nothing if it is null.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The elements of an array, or the members of an object.
pub(super) fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => vec![],
    }
}

fn alternatives(pointer: &str) -> Vec<String> {
    let braces = pointer.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (words, after))) = braces else { return vec![pointer.to_owned()] };
    words.split(',').flat_map(|word| alternatives(&format!("{before}{word}{after}"))).collect()
}

fn step<'a>(value: &'a Value, segment: &str) -> Vec<Cow<'a, Value>> {
    if let Some(condition) = segment.strip_prefix('?') {
        return vec![Cow::Owned(chosen(value, condition).into_iter().cloned().collect())];
    }
    let found = match segment {
        "@" => return members(value).map(|(name, value)| Cow::Owned(json!({"name": name, "value": value}))).collect(),
        "*" => children(value),
        _ if segment.contains('=') => chosen(value, segment),
        _ => value.pointer(&format!("/{segment}")).into_iter().collect(),
    };
    if found.is_empty() && segment != "*" {
        return vec![Cow::Owned(Value::Null)];
    }
    found.into_iter().map(Cow::Borrowed).collect()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The children that meet a condition such as `name=x`.
fn chosen<'a>(value: &'a Value, condition: &str) -> Vec<&'a Value> {
    let (member, wanted) = condition.split_once('=').unwrap_or((condition, ""));
    let (member, wanted) = (format!("/{}", member.replace('.', "/")), wanted.replace("~1", "/"));
    let is_wanted = |child: &&Value| child.pointer(&member).is_some_and(|found| text(found) == wanted);
    children(value).into_iter().filter(is_wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_selects_members_elements_and_what_is_absent() {
        let value = json!({"a": [{"name": "x", "b": 1}, {"name": "y", "b": 2}], "c": {"d": 3}});
        assert_eq!(select(&value, "/a/*/b"), [json!(1), json!(2)]);
        assert_eq!(select(&value, "/a/name=y/b"), [json!(2)]);
        assert_eq!(select(&value, "/a/name=z/b"), [json!(null)]);
        assert_eq!(select(&value, "/a/?name=y/0/b"), [json!(2)]);
        assert_eq!(select(&value, "/a/?name=z"), [json!([])]);
        assert_eq!(select(&value, "/a/b=2/name"), [json!("y")]);
        assert_eq!(select(&value, "/{c/d,c/e}"), [json!(3), json!(null)]);
        assert_eq!(select(&value, "/@/name"), [json!("a"), json!("c")]);
        assert_eq!(alternatives("/{a,b}/{c,d}"), ["/a/c", "/a/d", "/b/c", "/b/d"]);
    }

    #[test]
    fn a_condition_may_be_about_what_is_further_inside() {
        let value = json!([{"headers": {"content-type": "text/html"}}, {"headers": {}}]);
        assert_eq!(select(&value, "/?headers.content-type=text~1html"), [json!([value[0]])]);
        assert_eq!(select(&value, "/headers.content-type=text~1html"), [value[0].clone()]);
    }
}
