//! The expressions in a deployment's outputs that only the resource manager can evaluate, since they refer to what it made.
//! `format`, `createArray` and `reference(…).property` are known.

use serde_json::Value;

/// Evaluates a value of an output. `reference` gives a property of a resource, by the resource's id or symbolic name.
pub(crate) fn evaluate(value: &Value, reference: &dyn Fn(&str, &str) -> Option<Value>) -> Option<Value> {
    let Some(source) = value.as_str().and_then(|text| text.strip_prefix('[')?.strip_suffix(']')) else {
        return Some(value.clone());
    };
    let (value, rest) = Evaluation { reference }.term(source)?;
    rest.is_empty().then_some(value)
}

struct Evaluation<'a> {
    reference: &'a dyn Fn(&str, &str) -> Option<Value>,
}

impl Evaluation<'_> {
    /// A string or a call at the beginning of the text, and the text behind it.
    fn term<'t>(&self, text: &'t str) -> Option<(Value, &'t str)> {
        if let Some(text) = text.strip_prefix('\'') {
            let (literal, rest) = text.split_once('\'')?;
            return Some((literal.into(), rest));
        }
        let (function, rest) = text.split_once('(')?;
        let (arguments, rest) = self.arguments(rest)?;
        match function {
            "format" => Some((format(&arguments)?.into(), rest)),
            "createArray" => Some((arguments.into(), rest)),
            "reference" => {
                let rest = rest.strip_prefix('.')?;
                let end = rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len());
                let (property, rest) = rest.split_at(end);
                Some(((self.reference)(arguments.first()?.as_str()?, property)?, rest))
            }
            _ => None,
        }
    }

    fn arguments<'t>(&self, mut text: &'t str) -> Option<(Vec<Value>, &'t str)> {
        let mut arguments = Vec::new();
        loop {
            let (argument, rest) = self.term(text)?;
            arguments.push(argument);
            match rest.strip_prefix(')') {
                Some(rest) => return Some((arguments, rest)),
                None => text = rest.strip_prefix(", ")?,
            }
        }
    }
}

fn format(arguments: &[Value]) -> Option<String> {
    let (pattern, values) = arguments.split_first()?;
    let mut text = pattern.as_str()?.to_owned();
    for (place, value) in values.iter().enumerate() {
        text = text.replace(&format!("{{{place}}}"), value.as_str()?);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: &str) -> Option<Value> {
        let known =
            |id: &str, property: &str| (id == "/apim" && property == "gatewayUrl").then(|| json!("https://a.example"));
        evaluate(&value.into(), &known)
    }

    #[test]
    fn text_that_is_no_expression_stands_for_itself() {
        assert_eq!(of("rg-defaults"), Some(json!("rg-defaults")));
    }

    #[test]
    fn a_property_of_a_resource_is_put_into_a_text() {
        assert_eq!(of("[reference('/apim', '2024-05-01').gatewayUrl]"), Some(json!("https://a.example")));
        assert_eq!(of("[format('{0}/mcp', reference('/apim', '1').gatewayUrl)]"), Some(json!("https://a.example/mcp")));
        let both = "[createArray(format('{0}/mcp', reference('/apim', '1').gatewayUrl), 'x')]";
        assert_eq!(of(both), Some(json!(["https://a.example/mcp", "x"])));
    }

    #[test]
    fn an_unknown_name_is_not_evaluated() {
        for value in ["[concat('a', 'b')]", "[reference('/other', '1').gatewayUrl]", "[format('a']", "[format('a'))]"] {
            assert_eq!(of(value), None, "{value}");
        }
    }
}
