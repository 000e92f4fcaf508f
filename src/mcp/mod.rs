//! The MCP server, on rmcp: its tools, and Streamable HTTP without sessions.

mod json_rpc;
mod server;
mod streamable_http;
mod tools;

pub(crate) use streamable_http::{Call, McpEndpoint};
