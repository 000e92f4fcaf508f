//! `Mcp-Param-*`: the headers that repeat arguments of a tool. The tool's schema names them, by `x-mcp-header`.

use http::HeaderMap;
use rmcp::model::JsonObject;
use serde_json::Value;

use super::headers::{decoded, one_value};
use crate::mcp::json_rpc::Refusal;

/// Checks the headers of a call of a tool that has this schema.
pub(super) fn check(headers: &HeaderMap, schema: &JsonObject, arguments: Option<&JsonObject>) -> Result<(), Refusal> {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let argument = arguments.and_then(|arguments| arguments.get(name)).filter(|argument| !argument.is_null());
        if let Some(header) = property.get("x-mcp-header").and_then(Value::as_str) {
            check_header(headers, header, argument)?;
        }
        if let Some(nested) = property.as_object() {
            check(headers, nested, argument.and_then(Value::as_object))?;
        }
    }
    Ok(())
}

fn check_header(headers: &HeaderMap, name: &str, argument: Option<&Value>) -> Result<(), Refusal> {
    let name = format!("Mcp-Param-{name}");
    let value = one_value(headers, &name)?;
    let matches = match (value, argument) {
        (None, None) => true,
        (Some(value), Some(argument)) => decoded(value).is_some_and(|value| is_text_of(&value, argument)),
        _ => false,
    };
    if matches {
        return Ok(());
    }
    Err(Refusal::header_mismatch(format!("the {name} header is missing, or does not match the arguments")))
}

/// Whether a header has the text of an argument. Numbers are compared as such.
fn is_text_of(value: &str, argument: &Value) -> bool {
    match argument {
        Value::String(text) => text == value,
        Value::Bool(flag) => value == if *flag { "true" } else { "false" },
        Value::Number(number) => value.parse().ok() == number.as_f64(),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn is_accepted(headers: &[(&str, &str)], arguments: &Value) -> bool {
        let schema = json!({ "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "count": { "type": "integer", "x-mcp-header": "Count" },
            "dry": { "type": "boolean", "x-mcp-header": "Dry-Run" },
            "place": { "properties": { "city": { "type": "string", "x-mcp-header": "City" } } },
            "other": { "type": "string" },
        } });
        let named = |(name, value): &(&str, &str)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers.iter().map(named) {
            map.append(name, value);
        }
        check(&map, schema.as_object().unwrap(), arguments.as_object()).is_ok()
    }

    #[test]
    fn headers_that_repeat_the_arguments_are_accepted() {
        for (headers, arguments) in [
            (&[][..], json!({})),
            (&[], json!(null)),
            (&[], json!({ "other": "x", "region": null, "place": null })),
            (&[("Mcp-Param-Region", "us-west1")], json!({ "region": "us-west1" })),
            (&[("mcp-param-region", " us-west1 ")], json!({ "region": "us-west1" })),
            (&[("mcp-param-region", "=?base64?SGVsbG8=?=")], json!({ "region": "Hello" })),
            (&[("mcp-param-region", "=?base64?SGVsbG8=")], json!({ "region": "=?base64?SGVsbG8=" })),
            (&[("mcp-param-region", "SGVsbG8=")], json!({ "region": "SGVsbG8=" })),
            (&[("mcp-param-count", "42.0")], json!({ "count": 42 })),
            (&[("mcp-param-count", "-7"), ("mcp-param-dry-run", "true")], json!({ "count": -7, "dry": true })),
            (&[("mcp-param-city", "Oslo")], json!({ "place": { "city": "Oslo" } })),
            (&[("mcp-param-unknown", "x")], json!({})),
        ] {
            assert!(is_accepted(headers, &arguments), "{headers:?} {arguments}");
        }
    }

    #[test]
    fn every_other_header_is_refused() {
        for (headers, arguments) in [
            (&[][..], json!({ "region": "us-west1" })),
            (&[], json!({ "place": { "city": "Oslo" } })),
            (&[("mcp-param-region", "us-west1")], json!({})),
            (&[("mcp-param-region", "us-west1")], json!({ "region": null })),
            (&[("mcp-param-region", "US-WEST1")], json!({ "region": "us-west1" })),
            (&[("mcp-param-region", "a"), ("mcp-param-region", "a")], json!({ "region": "a" })),
            (&[("mcp-param-region", "=?base64?SGVsbG8?=")], json!({ "region": "Hello" })),
            (&[("mcp-param-region", "=?base64?SGVs!!!bG8=?=")], json!({ "region": "Hello" })),
            (&[("mcp-param-region", "=?base64?/w==?=")], json!({ "region": "\u{ff}" })),
            (&[("mcp-param-region", "\u{e9}")], json!({ "region": "\u{e9}" })),
            (&[("mcp-param-count", "x")], json!({ "count": 42 })),
            (&[("mcp-param-dry-run", "True")], json!({ "dry": true })),
            (&[("mcp-param-region", "{}")], json!({ "region": {} })),
        ] {
            assert!(!is_accepted(headers, &arguments), "{headers:?} {arguments}");
        }
    }
}
