//! The MCP server, on rmcp: its tools, Streamable HTTP without sessions, and HTTP+SSE.

mod admission;
mod batch;
mod envelope;
pub mod event_stream;
mod holder_report;
mod json_rpc;
mod message;
mod outline;
mod role_check;
mod running;
mod served;
mod server;
mod service;
mod slots;
pub mod sse;
mod step_up;
mod streamable_http;
mod tools;

use std::sync::Arc;

pub use admission::UncheckedMessage;
pub use batch::message_count;
pub use json_rpc::{NOT_JSON, http_error_code};
pub use rmcp::model::RequestId;
pub use service::McpService;
pub use step_up::{ClaimsDemand, ScopeDemand};
pub use streamable_http::{Call, CallError, StreamableHttp};
use tokio_util::sync::CancellationToken;
pub use tools::{Caller, Tool, ToolError, ToolPorts, Tools};

use self::{server::McpServer, service::Server, sse::Sessions};
use crate::config::Limits;

/// The MCP server on both of its transports.
pub struct Mcp {
    /// 2025-03-26 and later.
    pub streamable_http: StreamableHttp,
    /// 2024-11-05.
    pub sse: Arc<Sessions>,
}

impl Mcp {
    /// Serves these tools until `stop` is cancelled.
    #[must_use]
    pub fn new(
        tools: Tools,
        ports: ToolPorts,
        server_name: &str,
        limits: &Limits,
        transport: sse::TransportPorts,
        stop: &CancellationToken,
    ) -> Self {
        Self::serving(McpServer::new(tools, ports, server_name, limits.tool_calls_at_once), limits, transport, stop)
    }

    /// Serves another server until `stop` is cancelled.
    #[must_use]
    pub fn serving(
        server: impl McpService + 'static,
        limits: &Limits,
        ports: sse::TransportPorts,
        stop: &CancellationToken,
    ) -> Self {
        let server: Server = Arc::new(server);
        Self {
            streamable_http: StreamableHttp::new(Arc::clone(&server), Arc::clone(&ports.audit), stop.child_token()),
            sse: Arc::new(Sessions::new(server, limits, ports, stop.child_token())),
        }
    }
}
