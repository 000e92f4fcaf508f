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
    let (value, failed) = match answer {
        Ok(value) => (value, false),
        Err(error) => (json!({ "success": false, "error": error.in_plain_words() }), true),
    };
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    let mut result = if failed { CallToolResult::structured_error(value) } else { CallToolResult::structured(value) };
    result.content = vec![ContentBlock::text(text)];
    result
}
