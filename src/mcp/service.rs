//! The MCP server behind the transports: the product's own, or another one that a test mounts in its place.

use std::sync::Arc;

use authorization_server::resource::authenticate::Principal;
use oauth_protocol::scope::Scope;
use rmcp::{RoleServer, model::Tool, service::DynService};

/// A server that both transports can serve. rmcp's `ServerHandler` is most of it.
pub trait McpService: DynService<RoleServer> {
    /// The entry of a tool in `tools/list`.
    fn tool(&self, name: &str) -> Option<Tool>;

    /// The scope that a principal needs to call this tool, if its own is not enough.
    fn needed_scope(&self, _tool: &str, _principal: &Principal) -> Option<Scope> {
        None
    }
}

/// The server of all requests.
pub(super) type Server = Arc<dyn McpService>;

/// Whether this tool reads any arguments.
pub(super) fn takes_arguments(server: &Server, tool: &str) -> bool {
    let tool = server.tool(tool);
    let properties = tool.as_ref().and_then(|tool| tool.input_schema.get("properties"));
    properties.and_then(serde_json::Value::as_object).is_some_and(|properties| !properties.is_empty())
}
