//! The state that all endpoints share.

use std::{fmt::Display, sync::Arc};

use authorization_server::{
    AuthorizationServer,
    ground::{AuditEvent, AuditLog},
};

use super::{
    challenges::Challenges, entra_names::EntraNames, health_check::HealthCheck, limits::RateLimiter, memory::Memory,
};
use crate::{
    mcp::Mcp,
    ports::{caller_hash::CallerHash, gateway::GatewayTokens},
    telemetry::{LogThrottle, OwnTraces},
};

/// Everything that a handler may call or show.
pub struct App {
    /// The rules.
    pub server: Arc<AuthorizationServer>,
    /// Encoded once.
    pub challenges: Challenges,
    /// The MCP server.
    pub mcp: Mcp,
    /// Whether the store and the keyring answer.
    pub health: HealthCheck,
    /// Checks the tokens of the gateway, if there is one in front.
    pub gateway: Option<Arc<dyn GatewayTokens>>,
    /// The budgets of memory for requests.
    pub memory: Memory,
    /// How often each caller may come.
    pub limits: RateLimiter,
    /// Where refusals are reported.
    pub audit: Arc<dyn AuditLog>,
    /// Names callers in the log.
    pub callers: Arc<dyn CallerHash>,
    /// The traces of requests that do not come through the gateway.
    pub traces: OwnTraces,
    /// Keeps a flood of refused requests out of the log.
    pub refusal_log: LogThrottle,
    /// The same, for the lines of requests: by endpoint and status.
    pub refused_requests: LogThrottle<(&'static str, u16)>,
    /// Shown on pages.
    pub server_name: String,
    /// Our app registration in Entra ID.
    pub entra: EntraNames,
    /// Origins that may call the protected resource from a browser.
    pub allowed_origins: Vec<String>,
}

impl App {
    /// Reports a refusal. Without a reason the request failed, because a service behind this server is down.
    pub(super) fn refused(&self, event: AuditEvent, reason: Option<&'static str>, error: &dyn Display) {
        if let Some(reason) = reason {
            self.audit.report(&event.because(reason));
        } else {
            tracing::warn!(counted = true, %error, "request failed: a service behind this server is down");
        }
    }
}
