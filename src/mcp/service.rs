//! The MCP server behind the transports: the product's own, or another one that a test mounts in its place.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{resource::authenticate::Principal, state::claims::Claims};
use oauth_protocol::scope::Scope;
use rmcp::{
    RoleServer,
    model::{ClientRequest, JsonObject},
    service::DynService,
};

use crate::graph::Freshness;

/// A server that both transports can serve. rmcp's `ServerHandler` is most of it.
#[async_trait]
pub trait McpService: DynService<RoleServer> {
    /// The schema of a tool's arguments, if there is such a tool.
    fn input_schema(&self, tool: &str) -> Option<Arc<JsonObject>>;

    /// Whether the answer is all that the client of this request is sent meanwhile.
    fn only_answers(&self, _request: &ClientRequest) -> bool {
        false
    }

    /// The scope that a principal has to ask for to call this tool; `None` if its own is enough, or if no scope is.
    async fn needed_scope(&self, _tool: &str, _principal: &Principal) -> Option<Scope> {
        None
    }

    /// The claims that the token of a principal whose client got it from Entra lacks for this tool. What other processes met is
    /// known as freshly as this says.
    async fn demanded_claims(&self, _tool: &str, _principal: &Principal, _notes: Freshness) -> Option<Claims> {
        None
    }
}

/// The server of all requests.
pub(super) type Server = Arc<dyn McpService>;

/// Whether this tool reads any arguments.
pub(super) fn takes_arguments(server: &Server, tool: &str) -> bool {
    let schema = server.input_schema(tool);
    let properties = schema.as_ref().and_then(|schema| schema.get("properties"));
    properties.and_then(serde_json::Value::as_object).is_some_and(|properties| !properties.is_empty())
}
