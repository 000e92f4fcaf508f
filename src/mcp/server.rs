//! The server behind every transport.

use std::sync::Arc;

use authorization_server::resource::authenticate::Principal;
use http::request::Parts;
use rmcp::{
    ServerHandler,
    handler::server::router::tool::ToolRouter,
    model::{Implementation, ServerCapabilities, ServerConfig},
    tool_handler,
};
use tracing::Span;

use super::tools;
use crate::graph::Graph;

/// The server, and what its tools need.
#[derive(Clone)]
pub(super) struct McpServer {
    pub graph: Arc<Graph>,
    name: Arc<str>,
    tools: ToolRouter<Self>,
}

impl McpServer {
    /// A server with all tools, and this name for people.
    pub(super) fn new(graph: Arc<Graph>, name: &str) -> Self {
        Self { graph, name: name.into(), tools: tools::router() }
    }

    /// Whether this tool reads any arguments.
    pub(super) fn takes_arguments(&self, tool: &str) -> bool {
        let properties = self.tools.get(tool).and_then(|tool| tool.input_schema.get("properties"));
        properties.and_then(serde_json::Value::as_object).is_some_and(|properties| !properties.is_empty())
    }
}

/// The principal of a call. The bearer check put it into the request; nothing that the caller sends can.
pub(super) fn principal(parts: &Parts) -> Result<&Principal, rmcp::ErrorData> {
    parts.extensions.get().ok_or_else(|| rmcp::ErrorData::internal_error("the request has no principal", None))
}

/// The span of the POST that a tool is called by. Over HTTP+SSE the tool runs in another task.
pub(super) fn span(parts: &Parts) -> Span {
    parts.extensions.get().cloned().unwrap_or_else(Span::current)
}

#[tool_handler(router = self.tools)]
impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let implementation = Implementation::new("remote-auth-mcp", env!("CARGO_PKG_VERSION")).with_title(&*self.name);
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_server_info(implementation)
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::ground::{GrantKey, Id};
    use http::Request;
    use oauth_protocol::scope::Scope;
    use time::OffsetDateTime;

    use super::*;

    fn parts() -> Parts {
        Request::new(()).into_parts().0
    }

    #[test]
    fn a_call_without_a_principal_acts_for_nobody() {
        let refused = principal(&parts()).unwrap_err();
        assert_eq!(refused.message, "the request has no principal");
        let mut claimed = parts();
        claimed.headers.insert("authorization", "Bearer x".parse().unwrap());
        assert!(principal(&claimed).is_err());
    }

    #[test]
    fn the_principal_is_the_one_that_the_bearer_check_left() {
        let id = Id::from_bytes([7; 16]);
        let (grant, scope) = (GrantKey { owner: id, grant: id }, Scope::parse("user.read").unwrap());
        let mut parts = parts();
        parts.extensions.insert(Principal { grant, client: id, scope, expires_at: OffsetDateTime::UNIX_EPOCH });
        assert_eq!(principal(&parts).unwrap().client, id);
    }
}
