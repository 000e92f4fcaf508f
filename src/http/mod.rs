//! The HTTP edge, and the only module that names warp: a file per endpoint, each decodes, calls one service, encodes.

mod authorize;
mod bearer;
mod connections;
mod consent;
mod cookies;
mod cors;
mod endpoint;
mod gateway;
mod health;
mod limits;
mod mcp;
mod mcp_message;
mod mcp_sse;
mod metadata;
mod oauth_callback;
mod pages;
mod register;
mod reply;
mod request;
mod revoke;
mod routes;
pub mod server;
mod token;

use std::sync::Arc;

use authorization_server::AuthorizationServer;

pub use limits::Limits;
pub use routes::{function_routes, routes};

use crate::{
    mcp::Mcp,
    ports::{gateway::GatewayTokens, records::Records},
};

/// What the endpoints share.
pub struct App {
    /// The rules.
    pub server: Arc<AuthorizationServer>,
    /// The MCP server.
    pub mcp: Mcp,
    /// The store, for its health.
    pub records: Arc<dyn Records>,
    /// Knows the tokens of the gateway, if there is one in front.
    pub gateway: Option<Arc<dyn GatewayTokens>>,
    /// For each caller, and for all together.
    pub limits: Limits,
    /// Shown on pages.
    pub server_name: String,
    /// Origins that may call the protected resource from a browser.
    pub allowed_origins: Vec<String>,
}
