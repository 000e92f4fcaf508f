//! The outcome of a call, as MCP encodes it.

use authorization_server::state::api::Api;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use crate::graph::ApiError;

/// Why a tool has no result.
#[derive(Debug)]
pub enum ToolError {
    /// The model can call the tool again with other arguments.
    Arguments(String),
    /// An API gave none.
    Api(Api, ApiError),
}

/// A result as text (pretty, for people and older clients) and as structured content.
pub(super) fn result(value: Value) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(pretty(&value))]);
    result.structured_content = Some(value);
    result
}

/// A tool error that says why there is no result.
pub(super) fn no_result(error: &ToolError) -> CallToolResult {
    match error {
        ToolError::Arguments(problem) => failure(&format!("The arguments are wrong: {problem}.")),
        ToolError::Api(api, error) => failure(&error.in_plain_words(*api)),
    }
}

/// A tool error that says this to the client's user. It has no structured content, because clients hold that against the
/// tool's output schema even if it is an error.
pub(in crate::mcp) fn failure(error: &str) -> CallToolResult {
    let said = json!({ "success": false, "error": error });
    CallToolResult::error(vec![ContentBlock::text(pretty(&said))])
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(result: &CallToolResult) -> Value {
        serde_json::to_value(result).unwrap()
    }

    fn text(result: &Value) -> &str {
        let [content] = result["content"].as_array().unwrap().as_slice() else { panic!("{result}") };
        content["text"].as_str().unwrap()
    }

    #[test]
    fn a_result_is_structured_and_the_same_as_text_that_people_can_read() {
        let answer = json!({ "id": "007", "success": true });
        let result = encoded(&result(answer.clone()));
        assert_eq!((&result["structuredContent"], &result["isError"]), (&answer, &false.into()));
        assert_eq!(text(&result), "{\n  \"id\": \"007\",\n  \"success\": true\n}");
    }

    #[test]
    fn a_failure_is_a_tool_error_in_plain_words_and_nothing_that_a_schema_could_refuse() {
        let unavailable = ApiError::Unavailable("10.0.0.7 is down".into());
        let words = ApiError::Unavailable(String::new()).in_plain_words(Api::Graph);
        for (error, words) in [
            (ToolError::Api(Api::Graph, unavailable), &*words),
            (ToolError::Arguments("0 is too small".into()), "The arguments are wrong: 0 is too small."),
        ] {
            let result = encoded(&no_result(&error));
            assert_eq!((&result["isError"], result.get("structuredContent")), (&true.into(), None));
            let said: Value = serde_json::from_str(text(&result)).unwrap();
            assert_eq!(said, json!({ "success": false, "error": words }));
            assert!(!result.to_string().contains("10.0.0.7"), "{result}");
        }
    }
}
