//! `get_graph_user_details`: Graph's `GET /v1.0/me`.

use authorization_server::state::scopes::{Permission, USER_READ};
use http::request::Parts;
use rmcp::{handler::server::tool::Extension, model::CallToolResult, tool, tool_router};
use serde_json::Value;
use tracing::Instrument as _;

use super::{McpServer, result};
use crate::{
    graph::GraphError,
    mcp::server::{principal, span},
};

static PERMISSION: &Permission = &USER_READ;
const PATH: &str = "/v1.0/me";

#[tool_router(router = get_graph_user_details_tool, vis = "pub(super)")]
impl McpServer {
    /// Get user details from Microsoft Graph.
    #[tool(annotations(title = "User details", read_only_hint = true, open_world_hint = true))]
    async fn get_graph_user_details(
        &self,
        Extension(parts): Extension<Parts>,
    ) -> Result<CallToolResult, rmcp::ErrorData> {
        let answer = self.graph.get(principal(&parts)?, PERMISSION, PATH).instrument(span(&parts)).await;
        Ok(result(answer.and_then(with_success)))
    }
}

/// Adds `"success": true` to Graph's answer.
fn with_success(mut answer: Value) -> Result<Value, GraphError> {
    let members = answer.as_object_mut().ok_or(GraphError::Unexpected)?;
    members.insert("success".into(), true.into());
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn success_is_added_to_what_graph_says() {
        assert_eq!(with_success(json!({ "id": "007" })).unwrap(), json!({ "id": "007", "success": true }));
        assert_eq!(with_success(json!({ "success": "maybe" })).unwrap(), json!({ "success": true }));
    }

    #[test]
    fn an_answer_that_is_no_object_is_not_understood() {
        for answer in [json!([]), json!(null), json!("text"), json!(1)] {
            assert!(matches!(with_success(answer.clone()), Err(GraphError::Unexpected)), "{answer}");
        }
    }
}
