//! The state that all endpoints share.

use std::sync::Arc;

use authorization_server::AuthorizationServer;

use super::{limits::Limits, log_throttle::LogThrottle};
use crate::{
    mcp::Mcp,
    ports::{gateway::GatewayTokens, records::ItemStore},
};

/// Everything that a handler may call or show.
pub struct App {
    /// The rules.
    pub server: Arc<AuthorizationServer>,
    /// The MCP server.
    pub mcp: Mcp,
    /// The store, for its health.
    pub records: Arc<dyn ItemStore>,
    /// Checks the tokens of the gateway, if there is one in front.
    pub gateway: Option<Arc<dyn GatewayTokens>>,
    /// For each caller, and for all together.
    pub limits: Limits,
    /// Keeps a flood of refused requests out of the log.
    pub refusal_log: LogThrottle,
    /// Shown on pages.
    pub server_name: String,
    /// Origins that may call the protected resource from a browser.
    pub allowed_origins: Vec<String>,
}
