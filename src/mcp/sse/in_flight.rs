//! Limits the requests of a session that are served at a time. rmcp starts a task for each, without a limit.
//!
//! Counting answers would not do: a cancelled request gets none. So each request carries a permit, and releases it when its
//! task ends, however it ends.

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

use super::request_ids::OpenRequest;
use crate::budget;

/// Requests of a session that are served at a time. The next one waits in the inbox.
pub const MAX_IN_FLIGHT: usize = 16;

/// What a request holds until its task ends. rmcp clones extensions; dropping the last clone releases it.
#[derive(Clone)]
struct Held(#[expect(dead_code, reason = "dropping it releases all")] Arc<Permits>);

/// What a request of a session holds.
#[expect(dead_code, reason = "dropping them releases all")]
pub(super) struct Permits {
    /// To be served. A quick request needs none.
    pub(super) served: Option<OwnedSemaphorePermit>,
    /// For its memory.
    pub(super) memory: budget::Permit,
    /// Its id.
    pub(super) open: Option<OpenRequest>,
}

/// Adds its permits to a request.
pub(super) fn with_permits(mut message: ClientJsonRpcMessage, permits: Permits) -> ClientJsonRpcMessage {
    if let ClientJsonRpcMessage::Request(request) = &mut message {
        request.request.extensions_mut().insert(Held(Arc::new(permits)));
    }
    message
}

/// A server that holds the permit of a request while it serves it. rmcp drops the context before a tool runs.
pub(super) struct LimitedService<S>(pub(super) S);

impl<S: Service<RoleServer>> Service<RoleServer> for LimitedService<S> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let _permit = context.extensions.get::<Held>().cloned();
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
