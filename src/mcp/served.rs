//! The server, as both transports serve it: it ends a request that is cancelled, and gives errors and results their MCP form.

use std::borrow::Cow;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientNotification, ClientRequest, ErrorCode, Implementation, MetaObject, ProtocolVersion, ServerCapabilities,
        ServerConfig, ServerResult,
    },
    service::{NotificationContext, RequestContext, Service},
};

use super::{
    json_rpc::{is_method, malformed_params, method_not_found},
    service::Server,
};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// A server whose requests can be cancelled.
pub(super) struct Served(pub(super) Server);

impl Service<RoleServer> for Served {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        check(&request, &self.0.get_info().capabilities)?;
        let (method, cancelled) = (request.method().to_owned(), context.ct.clone());
        let is_stateless = context.protocol_version().is_some_and(|version| !version.has_initialize());
        // Dropping the future ends the tool, and its request to Graph.
        let result = tokio::select! {
            result = self.0.handle_request(request, context) => result,
            // Nobody receives this.
            () = cancelled.cancelled() => return Err(ErrorData::internal_error("the request was cancelled", None)),
        };
        let named = |error: ErrorData| match error.code {
            ErrorCode::METHOD_NOT_FOUND => method_not_found(&method),
            _ => error,
        };
        let info = || self.0.get_info().server_info;
        result.map(|result| if is_stateless { with_server_info(result, info()) } else { result }).map_err(named)
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        self.0.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.0.supported_protocol_versions()
    }
}

fn check(request: &ClientRequest, capabilities: &ServerCapabilities) -> Result<(), ErrorData> {
    match request {
        // rmcp takes a method for an unknown one if the parameters are not of its type.
        ClientRequest::CustomRequest(request) if is_method(&request.method, capabilities) => {
            Err(malformed_params(&request.method))
        }
        // The list of tools has one page, so no cursor is ours.
        ClientRequest::ListToolsRequest(request)
            if request.params.as_ref().is_some_and(|params| params.cursor.is_some()) =>
        {
            Err(ErrorData::invalid_params("Invalid params: this server did not give that cursor", None))
        }
        _ => Ok(()),
    }
}

/// Names the server in the result's `_meta`.
fn with_server_info(mut result: ServerResult, info: Implementation) -> ServerResult {
    let meta = match &mut result {
        ServerResult::DiscoverResult(result) => &mut result.meta,
        ServerResult::ListToolsResult(result) => &mut result.meta,
        ServerResult::CallToolResult(result) => &mut result.meta,
        ServerResult::InputRequiredResult(result) => &mut result.meta,
        ServerResult::ListPromptsResult(result) => &mut result.meta,
        ServerResult::GetPromptResult(result) => &mut result.meta,
        ServerResult::ListResourcesResult(result) => &mut result.meta,
        ServerResult::ListResourceTemplatesResult(result) => &mut result.meta,
        ServerResult::ReadResourceResult(result) => &mut result.meta,
        ServerResult::CompleteResult(result) => &mut result.meta,
        _ => return result,
    };
    if let Ok(info) = serde_json::to_value(info) {
        meta.get_or_insert_with(MetaObject::default).insert(SERVER_INFO.to_owned(), info);
    }
    result
}
