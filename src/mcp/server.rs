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
