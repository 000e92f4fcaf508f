//! Members of JSON that may not be there.

use serde_json::{Map, Value};

/// The value that the pointer (RFC 6901) names, or null.
pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// The text that the pointer names, or an empty one.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    at(value, pointer).as_str().unwrap_or_default()
}

/// Adds the members of one object to another.
pub(crate) fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

/// The values of a deployment's parameters: `{"NAME": {"value": …}}`.
pub(crate) fn parameter_values(parameters: &Value) -> Map<String, Value> {
    let members = parameters.as_object().into_iter().flatten();
    members.filter_map(|(name, holder)| Some((name.clone(), holder.get("value")?.clone()))).collect()
}
