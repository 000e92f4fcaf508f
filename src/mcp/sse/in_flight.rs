//! Requests that are being served. rmcp begins each in a task of its own and knows no limit.
//!
//! Answers cannot be counted instead: a request that was cancelled is served to its end and gets none. So a request carries
//! its place, and gives it back when its task ends, however it ends.

use std::{borrow::Cow, sync::Arc};

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientJsonRpcMessage, ClientNotification, ClientRequest, GetExtensions as _, ProtocolVersion, ServerConfig,
        ServerResult,
    },
    service::{NotificationContext, RequestContext, Service},
};
use tokio::sync::OwnedSemaphorePermit;

/// Requests of one session that are served at a time; the next waits in the inbox, and what was posted after it.
pub(super) const IN_FLIGHT: usize = 16;

/// Extensions are cloned; the place is given back with the last clone.
#[derive(Clone)]
struct Place(#[expect(dead_code, reason = "it is held")] Arc<OwnedSemaphorePermit>);

/// Lets a request carry its place.
pub(super) fn with_place(mut message: ClientJsonRpcMessage, permit: OwnedSemaphorePermit) -> ClientJsonRpcMessage {
    if let ClientJsonRpcMessage::Request(request) = &mut message {
        request.request.extensions_mut().insert(Place(Arc::new(permit)));
    }
    message
}

/// A server that holds the place of a request until it has been served: rmcp drops the context before a tool runs.
pub(super) struct InPlace<S>(pub(super) S);

impl<S: Service<RoleServer>> Service<RoleServer> for InPlace<S> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let _place = context.extensions.get::<Place>().cloned();
        self.0.handle_request(request, context).await
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
