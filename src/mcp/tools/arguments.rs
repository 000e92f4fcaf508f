//! Reads the arguments of a call.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// The longest description of a wrong argument, in characters. serde quotes what it was given.
const LONGEST_PROBLEM: usize = 200;

/// No arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoArguments {}

/// Reads arguments, or says in words what is wrong with them.
pub(super) fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, String> {
    T::deserialize(Value::Object(arguments))
        .map_err(|problem| problem.to_string().chars().take(LONGEST_PROBLEM).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mcp::tools::schema;

    #[test]
    fn a_tool_without_arguments_has_a_schema_that_says_so() {
        let none = json!({ "type": "object", "additionalProperties": false });
        assert_eq!(Value::Object(schema::of::<NoArguments>()), none);
        assert!(read::<NoArguments>(JsonObject::new()).is_ok());
    }

    #[test]
    fn a_wrong_argument_is_named_and_not_quoted_at_length() {
        let named = |name: &str| read::<NoArguments>([(name.to_owned(), json!(1))].into_iter().collect()).unwrap_err();
        assert!(named("user").starts_with("unknown field `user`"));
        assert_eq!(named(&"x".repeat(10_000)).chars().count(), LONGEST_PROBLEM);
    }
}
