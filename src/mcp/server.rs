//! The server behind every transport.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    ground::{EventName, OwnerLimit},
    resource::authenticate::Principal,
    state::{claims::Claims, scopes},
};
use oauth_protocol::scope::Scope;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, ClientRequest, Extensions, GetMeta as _, Implementation, JsonObject,
        ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use tracing::{Instrument as _, Span};

use super::{
    role_check::{self, Listing},
    service::McpService,
    slots::Slots,
    tools::{Progress, ToolCall, ToolPorts, Tools, failure},
};
use crate::graph::Freshness;

/// The server, and what its tools need.
#[derive(Clone)]
pub(super) struct McpServer {
    ports: ToolPorts,
    name: Arc<str>,
    calls: Arc<Slots>,
    tools: Tools,
}

impl McpServer {
    /// A server with these tools, and this name for people. An owner may call as many tools at once as the limit says.
    pub(super) fn new(tools: Tools, ports: ToolPorts, name: &str, calls: OwnerLimit) -> Self {
        Self { ports, name: name.into(), calls: Slots::new(calls), tools }
    }
}

#[async_trait]
impl McpService for McpServer {
    fn input_schema(&self, tool: &str) -> Option<Arc<JsonObject>> {
        self.tools.entry(tool).map(|tool| Arc::clone(&tool.input_schema))
    }

    /// Tools ask their clients nothing, and report progress only to those that want it.
    fn only_answers(&self, request: &ClientRequest) -> bool {
        let is_for_tools = matches!(request, ClientRequest::CallToolRequest(_) | ClientRequest::ListToolsRequest(_));
        is_for_tools && request.get_meta().get_progress_token().is_none()
    }

    /// A user without the role of a tool is not asked to consent to it.
    async fn needed_scope(&self, tool: &str, principal: &Principal) -> Option<Scope> {
        let needed = scopes::needed(&principal.scope, self.tools.permissions(tool))?;
        role_check::check(&self.tools, &self.ports, tool, principal).await.ok().map(|()| needed)
    }

    /// Such a user is not sent to sign in for it either.
    async fn demanded_claims(&self, tool: &str, principal: &Principal, notes: Freshness) -> Option<Claims> {
        role_check::check(&self.tools, &self.ports, tool, principal).await.ok()?;
        self.ports.apis.demanded_claims(principal, self.tools.permissions(tool), notes).await
    }
}

/// The principal of a call. The bearer check put it into the request; nothing that the caller sends can.
fn principal(extensions: &Extensions) -> Result<&Principal, ErrorData> {
    extensions.get().ok_or_else(|| ErrorData::internal_error("the request has no principal", None))
}

/// The span of the POST that a tool is called by. Over HTTP+SSE the tool runs in another task.
fn span(extensions: &Extensions) -> Span {
    extensions.get().cloned().unwrap_or_else(Span::current)
}

impl ServerHandler for McpServer {
    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        // The list has one page, so no cursor is ours.
        if page.is_some_and(|page| page.cursor.is_some()) {
            return Err(ErrorData::invalid_params("Invalid params: this server did not give that cursor", None));
        }
        let (caller, span) = (principal(&context.extensions)?, span(&context.extensions));
        let listing = role_check::list(&self.tools, &self.ports, caller).instrument(span).await;
        let Listing { tools, ttl_ms, scope } = listing;
        let list = ListToolsResult::with_all_items(tools);
        let has_hints = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        Ok(if has_hints { list.with_ttl_ms(ttl_ms).with_cache_scope(scope) } else { list })
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.entry(name).cloned()
    }

    /// Calls a tool, on either transport, unless too many calls of its owner run.
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (caller, span) = (principal(&context.extensions)?, span(&context.extensions));
        let Some(_slot) = self.calls.take(caller.owner, caller.client) else {
            let refused = EventName::LimitReached.event().holder(caller.holder());
            span.in_scope(|| self.ports.audit.report(&refused.because("tool-calls-at-once")));
            return Ok(failure("Too many of your tool calls run already. Wait until one ends, then try again.").into());
        };
        let checked = role_check::check_call(&self.tools, &self.ports, &request.name, caller);
        if let Err(refusal) = checked.instrument(span.clone()).await {
            return Ok(refusal.result().into());
        }
        let given = request.arguments.unwrap_or_default();
        let call = ToolCall { ports: &self.ports, principal: caller, progress: &Progress::of(&context) };
        let result = self.tools.call(&request.name, given, call).instrument(span).await;
        result.map(Into::into).ok_or_else(|| ErrorData::invalid_params("Unknown tool", None))
    }

    fn get_info(&self) -> ServerConfig {
        let implementation = Implementation::new("remote-auth-mcp", env!("CARGO_PKG_VERSION")).with_title(&*self.name);
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_server_info(implementation)
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::{
        ground::Id,
        resource::authenticate::{Credential, ReadRoles},
    };
    use time::OffsetDateTime;

    use super::*;

    #[test]
    fn a_call_without_a_principal_acts_for_nobody() {
        let refused = principal(&Extensions::new()).unwrap_err();
        assert_eq!(refused.message, "the request has no principal");
    }

    #[test]
    fn the_principal_is_the_one_that_the_bearer_check_left() {
        let id = Id::from_bytes([7; 16]);
        let mut extensions = Extensions::new();
        extensions.insert(Principal {
            owner: id,
            client: id,
            scope: Scope::parse("user.read").unwrap(),
            expires_at: OffsetDateTime::UNIX_EPOCH,
            credential: Credential::Grant { id, generation: 1 },
            roles: ReadRoles::default(),
        });
        assert_eq!(principal(&extensions).unwrap().client, id);
    }
}
