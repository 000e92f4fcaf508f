//! The server, as both transports serve it: it ends a request that is cancelled, and gives errors and results their MCP form.

use std::{any::Any, borrow::Cow, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientNotification, ClientRequest, ErrorCode, Implementation, MetaObject, ProtocolVersion, ServerConfig,
        ServerResult,
    },
    service::{NotificationContext, RequestContext, Service},
};

use super::{
    json_rpc::{is_method, malformed_params, method_not_found},
    service::Server,
};

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Something that a request holds until its task ends, however it ends. rmcp clones the extensions of a request, and drops its
/// context before a tool runs.
#[derive(Clone)]
pub(super) struct Held(#[expect(dead_code, reason = "dropping the last clone releases it")] Arc<dyn Any + Send + Sync>);

impl Held {
    pub(super) fn new(held: impl Any + Send + Sync) -> Self {
        Self(Arc::new(held))
    }
}

/// A server whose requests can be cancelled.
pub(super) struct Served(pub(super) Server);

impl Service<RoleServer> for Served {
    /// Does everything before the future that need not be awaited: the future stays in memory until the answer, and so it is small.
    fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ServerResult, ErrorData>> + Send + '_ {
        let held = context.extensions.get::<Held>().cloned();
        let (method, cancelled) = (request.method().to_owned(), context.ct.clone());
        let is_stateless = context.protocol_version().is_some_and(|version| !version.has_initialize());
        let checked = self.check(&request);
        // rmcp would let the client of a request wait for ever whose task has panicked.
        let answer = checked.map(|()| AssertUnwindSafe(self.0.handle_request(request, context)).catch_unwind());
        async move {
            let _held = held;
            // Dropping the future ends the tool, and its request to an API.
            let result = tokio::select! {
                result = answer? => result.unwrap_or_else(|_| Err(ErrorData::internal_error("the request failed", None))),
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

impl Served {
    /// rmcp takes a method for an unknown one if the parameters are not of its type.
    fn check(&self, request: &ClientRequest) -> Result<(), ErrorData> {
        match request {
            ClientRequest::CustomRequest(request) if is_method(&request.method, &self.0.get_info().capabilities) => {
                Err(malformed_params(&request.method))
            }
            _ => Ok(()),
        }
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
