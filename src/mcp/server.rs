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

/// What tools work with.
#[derive(Clone)]
pub(super) struct McpServer {
    pub graph: Arc<Graph>,
    name: Arc<str>,
    tools: ToolRouter<Self>,
}

impl McpServer {
    /// With all tools.
    pub(super) fn new(graph: Arc<Graph>, name: &str) -> Self {
        Self { graph, name: name.into(), tools: tools::router() }
    }
}

/// Who calls: put into the request by the bearer check, and by nothing that the caller sends.
pub(super) fn principal(parts: &Parts) -> Result<&Principal, rmcp::ErrorData> {
    parts.extensions.get().ok_or_else(|| rmcp::ErrorData::internal_error("the request has no principal", None))
}

/// Where what a tool does is logged: over HTTP+SSE it runs beside the POST that asked for it.
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
