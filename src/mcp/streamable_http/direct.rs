//! Serves a request whose client is sent nothing but its answer, without rmcp's service loop. See [ADR
//! 21](../../../docs/adr/0021-without-the-service-loop.md).

use std::sync::{Arc, OnceLock};

use futures_util::{sink, stream};
use rmcp::{
    Peer, RoleServer,
    model::{ClientRequest, GetExtensions as _, GetMeta as _, RequestId, ServerJsonRpcMessage},
    service::{RequestContext, Service as _, serve_directly},
};
use tokio_util::sync::CancellationToken;

use crate::mcp::{served::Served, service::Server};

/// A peer that reaches nobody. rmcp demands one of every request.
#[derive(Clone, Default)]
pub(super) struct UnconnectedPeer(Arc<OnceLock<Peer<RoleServer>>>);

/// A request, and what rmcp tells the server about it.
pub(super) struct DirectRequest {
    served: Served,
    request: ClientRequest,
    context: RequestContext<RoleServer>,
}

impl UnconnectedPeer {
    /// The peer of a service loop that has ended: its transport has no messages.
    fn peer(&self, server: &Server) -> Peer<RoleServer> {
        let ended = || {
            let transport = (sink::drain::<ServerJsonRpcMessage>(), stream::empty());
            serve_directly(Served(Arc::clone(server)), transport, None).peer().clone()
        };
        self.0.get_or_init(ended).clone()
    }

    /// A request, until the token is cancelled. Its `_meta` names the revision, if that has no `initialize`. rmcp serves a request
    /// without a revision like one of those that have it.
    pub(super) fn request(
        &self,
        server: &Server,
        mut request: ClientRequest,
        id: RequestId,
        token: CancellationToken,
    ) -> Box<DirectRequest> {
        let mut context = RequestContext::new(id, self.peer(server));
        context.ct = token;
        context.meta = std::mem::take(request.get_meta_mut());
        context.extensions = std::mem::take(request.extensions_mut());
        Box::new(DirectRequest { served: Served(Arc::clone(server)), request, context })
    }
}

impl DirectRequest {
    /// The answer; `None` if the request was cancelled.
    pub(super) async fn answer(self: Box<Self>) -> Option<ServerJsonRpcMessage> {
        let (served, id, token, request, context) = self.taken();
        let answer = match served.handle_request(request, context).await {
            Ok(result) => ServerJsonRpcMessage::response(result, id),
            Err(error) => ServerJsonRpcMessage::error(error, Some(id)),
        };
        (!token.is_cancelled()).then_some(answer)
    }

    /// Frees the box. An async function would hold it, or the request, until its end.
    fn taken(self: Box<Self>) -> (Served, RequestId, CancellationToken, ClientRequest, RequestContext<RoleServer>) {
        let Self { served, request, context } = *self;
        (served, context.id.clone(), context.ct.clone(), request, context)
    }
}
