//! The tools, a file each. A new tool is a file, and its line in [`router`].

mod get_graph_user_details;

use rmcp::{
    handler::server::router::tool::ToolRouter,
    model::{CallToolResult, ContentBlock},
};
use serde_json::{Value, json};

use super::server::McpServer;
use crate::graph::GraphError;

/// All tools.
pub(super) fn router() -> ToolRouter<McpServer> {
    let mut tools = ToolRouter::new();
    tools.merge(McpServer::get_graph_user_details_tool());
    tools
}

/// A result as text (pretty, for people and older clients) and as structured content.
fn result(answer: Result<Value, GraphError>) -> CallToolResult {
    match answer {
        Ok(value) => with_text(value, CallToolResult::structured),
        Err(error) => failure(error.in_plain_words()),
    }
}

/// A tool error that says this to the client's user.
pub(super) fn failure(error: &str) -> CallToolResult {
    with_text(json!({ "success": false, "error": error }), CallToolResult::structured_error)
}

fn with_text(value: Value, structured: fn(Value) -> CallToolResult) -> CallToolResult {
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    let mut result = structured(value);
    result.content = vec![ContentBlock::text(text)];
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(answer: Result<Value, GraphError>) -> Value {
        serde_json::to_value(result(answer)).unwrap()
    }

    #[test]
    fn a_result_is_structured_and_the_same_as_text_that_people_can_read() {
        let answer = json!({ "id": "007", "success": true });
        let result = encoded(Ok(answer.clone()));
        assert_eq!((&result["structuredContent"], &result["isError"]), (&answer, &false.into()));
        let [content] = result["content"].as_array().unwrap().as_slice() else { panic!("{result}") };
        assert_eq!(content["text"], "{\n  \"id\": \"007\",\n  \"success\": true\n}");
    }

    #[test]
    fn a_failure_is_a_tool_error_in_plain_words() {
        let result = encoded(Err(GraphError::Unavailable("10.0.0.7 is down".into())));
        let words = GraphError::Unavailable(String::new()).in_plain_words();
        assert_eq!(result["isError"], true);
        assert_eq!(result["structuredContent"], json!({ "success": false, "error": words }));
        assert!(!result.to_string().contains("10.0.0.7"), "{result}");
    }

    #[test]
    fn every_tool_says_what_it_does_and_that_it_only_reads() {
        let tools = serde_json::to_value(router().list_all()).unwrap();
        let tools = tools.as_array().unwrap();
        assert!(!tools.is_empty());
        for tool in tools {
            assert!(tool["description"].as_str().is_some_and(|text| text.ends_with('.')), "{tool}");
            assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        }
    }
}
