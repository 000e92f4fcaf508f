//! A template's parameters, checked as the resource manager checks them.

use serde_json::{Map, Value};

use crate::json::{at, text};

/// Why the resource manager does not take the parameters; its words.
pub(crate) fn refusal(template: &Value, values: &Map<String, Value>) -> Option<String> {
    let nothing = Map::new();
    let declared = at(template, "/parameters").as_object().unwrap_or(&nothing);
    if let Some(unknown) = values.keys().find(|name| !declared.contains_key(*name)) {
        return Some(format!(
            "The template parameters '{unknown}' in the parameters file are not valid; they are not present in the original template."
        ));
    }
    let missing =
        |(name, parameter): &(&String, &Value)| parameter.get("defaultValue").is_none() && !values.contains_key(*name);
    if let Some((name, _)) = declared.iter().find(missing) {
        return Some(format!("The value for the template parameter '{name}' is not provided."));
    }
    values.iter().find_map(|(name, value)| not_permitted(name, declared.get(name)?, value))
}

fn not_permitted(name: &str, parameter: &Value, value: &Value) -> Option<String> {
    let kind = text(parameter, "/type");
    if !has_type(value, kind) {
        let actual = type_name(value);
        return Some(format!(
            "Template parameter JToken type is not valid. Expected '{kind}'. Actual '{actual}'. The parameter is '{name}'."
        ));
    }
    if let Some(allowed) = at(parameter, "/allowedValues").as_array()
        && !allowed.contains(value)
    {
        let allowed = allowed.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let allowed = allowed.collect::<Vec<_>>().join(",");
        return Some(format!(
            "The provided value {value} for the template parameter '{name}' is not valid. The value is not part of the allowed value(s): '{allowed}'."
        ));
    }
    let size =
        value.as_str().map(|text| text.chars().count().try_into().unwrap_or(i64::MAX)).or_else(|| value.as_i64())?;
    let bound = |name: &str| parameter.get(name)?.as_i64();
    let (least, most) = if value.is_string() { ("minLength", "maxLength") } else { ("minValue", "maxValue") };
    let outside = bound(least).is_some_and(|least| size < least) || bound(most).is_some_and(|most| size > most);
    outside.then(|| {
        format!("The provided value for the template parameter '{name}' is not within its {least} and {most}.")
    })
}

fn has_type(value: &Value, kind: &str) -> bool {
    match kind.to_ascii_lowercase().as_str() {
        "string" | "securestring" => value.is_string(),
        "int" => value.is_i64(),
        "bool" => value.is_boolean(),
        "array" => value.is_array(),
        "object" | "secureobject" => value.is_object(),
        _ => false,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(name: &str, value: Value) -> Option<String> {
        let template = json!({ "parameters": {
            "text": { "type": "string", "defaultValue": "", "maxLength": 3 },
            "level": { "type": "string", "defaultValue": "info", "allowedValues": ["info", "debug"] },
            "count": { "type": "int", "defaultValue": 1, "minValue": 0, "maxValue": 20 },
            "flag": { "type": "bool", "defaultValue": false },
        } });
        refusal(&template, &Map::from_iter([(name.to_owned(), value)]))
    }

    #[test]
    fn a_value_within_its_bounds_is_taken() {
        for (name, value) in
            [("text", json!("abc")), ("level", json!("debug")), ("count", json!(20)), ("flag", json!(true))]
        {
            assert_eq!(refused(name, value), None, "{name}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        for (name, value) in [("text", json!(1)), ("count", json!("1")), ("count", json!(1.5)), ("flag", json!("true"))]
        {
            assert!(refused(name, value).unwrap().contains("type is not valid"), "{name}");
        }
    }

    #[test]
    fn a_value_outside_its_bounds_is_refused() {
        for (name, value) in [("text", json!("abcd")), ("count", json!(-1)), ("count", json!(21))] {
            assert!(refused(name, value).unwrap().contains("not within"), "{name}");
        }
        assert!(refused("level", json!("INFO")).unwrap().contains("allowed value(s): 'info,debug'"));
    }

    #[test]
    fn an_undeclared_parameter_is_refused_and_so_is_a_missing_one() {
        assert!(refused("other", json!(1)).unwrap().contains("not present in the original template"));
        let template = json!({ "parameters": { "location": { "type": "string" } } });
        assert!(refusal(&template, &Map::new()).unwrap().contains("'location' is not provided"));
    }
}
