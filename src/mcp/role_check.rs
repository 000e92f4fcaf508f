//! Whether a caller holds the app role that a tool names. This is checked before anything else of a call, and decides which tools
//! a caller sees in the list. If no tool names a role, no roles are read.

use authorization_server::{
    ground::EventName,
    resource::{authenticate::Principal, downstream::DownstreamError},
    state::{
        api::Api,
        roles::{AppRole, Roles},
    },
};
use rmcp::model::{CacheScope, CallToolResult, Tool};

use super::tools::{ToolPorts, Tools, failure};
use crate::graph::ApiError;

/// How long a client may keep the list of tools (MCP 2026-07-28, `ttlMs`). The scope of a token does not change the list; the
/// roles of its user do, and the settings of the server.
const LIST_TTL_MS: u64 = 300_000;

/// Why a caller may not call a tool.
#[derive(Debug)]
pub(super) enum RoleRefusal {
    /// The user does not hold the role.
    Missing(&'static AppRole),
    /// The roles of the user could not be read.
    Unknown(DownstreamError),
}

/// A list of tools, and how long and for whom a client may keep it.
pub(super) struct Listing {
    pub(super) tools: Vec<Tool>,
    pub(super) ttl_ms: u64,
    pub(super) scope: CacheScope,
}

impl RoleRefusal {
    /// The result of the call: a tool error in plain words. A challenge would send the user to sign in, which changes nothing.
    pub(super) fn result(&self) -> CallToolResult {
        match self {
            Self::Missing(role) => failure(&format!(
                "This tool is for people with the role “{}”, and you do not have it. An administrator of Microsoft Entra ID can \
                 give it to you. After that it takes effect when you connect again, or within an hour.",
                role.value
            )),
            Self::Unknown(error) => failure(&ApiError::Token(error.clone()).in_plain_words(Api::Graph)),
        }
    }
}

/// Whether the caller holds the role that the tool of this name needs.
pub(super) async fn check(tools: &Tools, ports: &ToolPorts, name: &str, caller: &Principal) -> Result<(), RoleRefusal> {
    let Some(role) = tools.role(name) else { return Ok(()) };
    let roles = ports.roles.roles(caller).await.map_err(RoleRefusal::Unknown)?;
    if roles.has(role) { Ok(()) } else { Err(RoleRefusal::Missing(role)) }
}

/// The same for a call, whose refusal is reported.
pub(super) async fn check_call(
    tools: &Tools,
    ports: &ToolPorts,
    name: &str,
    caller: &Principal,
) -> Result<(), RoleRefusal> {
    check(tools, ports, name, caller).await.inspect_err(|refusal| match refusal {
        RoleRefusal::Missing(_) => {
            let refused = EventName::ToolRefused.event().holder(caller.holder());
            ports.audit.report(&refused.because("the role is missing"));
        }
        RoleRefusal::Unknown(error) => {
            tracing::warn!(counted = true, %error, client = %caller.client, "roles of a caller not read: tool call refused");
        }
    })
}

/// The tools that the caller may use.
pub(super) async fn list(tools: &Tools, ports: &ToolPorts, caller: &Principal) -> Listing {
    if !tools.need_roles() {
        return Listing { tools: tools.entries().cloned().collect(), ttl_ms: LIST_TTL_MS, scope: CacheScope::Public };
    }
    let log = |error: &DownstreamError| {
        tracing::warn!(counted = true, %error, client = %caller.client, "roles of a caller not read: tool list shortened");
    };
    let roles = ports.roles.roles(caller).await.inspect_err(log).ok();
    let may_use = |tool: &&Tool| match (tools.role(&tool.name), &roles) {
        (None, _) => true,
        (Some(role), Some(roles)) => roles.has(role),
        (Some(_), None) => false,
    };
    // A list without the roles is not worth keeping.
    let ttl_ms = roles.as_ref().map_or(0, |roles| ttl_ms(roles, ports));
    Listing { tools: tools.entries().filter(may_use).cloned().collect(), ttl_ms, scope: CacheScope::Private }
}

/// Not longer than the roles are believed.
fn ttl_ms(roles: &Roles, ports: &ToolPorts) -> u64 {
    let left = (roles.end() - ports.clock.now()).whole_milliseconds();
    u64::try_from(left).unwrap_or_default().min(LIST_TTL_MS)
}
