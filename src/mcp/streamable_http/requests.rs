//! The requests that run, and what ends one.

use std::sync::Arc;

use authorization_server::{
    ground::{AuditLog, Holder},
    resource::authenticate::Principal,
};
use http::{HeaderMap, Response};
use rmcp::{
    ErrorData,
    model::{ClientJsonRpcMessage, ClientRequest, GetMeta as _, ProtocolVersion, RequestId, ServerCapabilities},
};
use tokio_util::sync::CancellationToken;

use super::{
    accept,
    direct::UnconnectedPeer,
    event_memory::EventMemory,
    exchange::Exchange,
    list_texts::ListTexts,
    parameters,
    unserved::{CallError, Unserved},
};
use crate::mcp::{
    envelope::Envelope,
    holder_report::HolderReport,
    json_rpc::{Refusal, ResponseBody},
    message,
    running::{Running, RunningRequest},
    served::Served,
    service::Server,
    step_up::{self, ClaimsDemand},
};
use crate::{budget::Permit, graph::Freshness};

/// Whose request it is, and its id.
type Key = (Holder, RequestId);

/// The server, and the requests that it serves.
#[derive(Clone)]
pub(super) struct Requests {
    pub(super) server: Server,
    /// The capabilities of the server, which never change.
    pub(super) capabilities: Arc<ServerCapabilities>,
    running: Running<Key>,
    unconnected: UnconnectedPeer,
    lists: ListTexts,
    audit: Arc<dyn AuditLog>,
    stop: CancellationToken,
}

/// A request that can be cancelled: before it is checked, meanwhile, and while it is served.
pub(super) struct CancellableRequest {
    pub(super) id: RequestId,
    text: Vec<u8>,
    envelope: Envelope,
    principal: Principal,
    revision: ProtocolVersion,
    token: CancellationToken,
    running: RunningRequest<Key>,
}

impl CancellableRequest {
    /// Whether it was cancelled.
    pub(super) fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Requests {
    /// No request runs yet. All end when `stop` is cancelled.
    pub(super) fn new(server: Server, audit: Arc<dyn AuditLog>, stop: CancellationToken) -> Self {
        let capabilities = Arc::new(server.get_info().capabilities);
        let (unconnected, lists) = (UnconnectedPeer::default(), ListTexts::default());
        Self { server, capabilities, running: Running::default(), unconnected, lists, audit, stop }
    }

    /// Whether the server stops, which cancels all.
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Reports what this holder meets.
    pub(super) fn report(&self, holder: Holder) -> HolderReport {
        HolderReport::new(Arc::clone(&self.audit), holder, "mcp")
    }

    /// A request that is to be served.
    pub(super) fn add(
        &self,
        text: Vec<u8>,
        envelope: Envelope,
        id: RequestId,
        principal: Principal,
        revision: ProtocolVersion,
    ) -> Box<CancellableRequest> {
        let token = self.stop.child_token();
        let running = self.running.add((principal.holder(), id.clone()), &token);
        Box::new(CancellableRequest { id, text, envelope, principal, revision, token, running })
    }

    /// The claims that the client of a request has to get from Entra first.
    pub(super) async fn demanded_claims(&self, request: &CancellableRequest) -> Option<ClaimsDemand> {
        step_up::demanded_claims(&self.server, &request.principal, &request.envelope, Freshness::Lately).await
    }

    /// Refuses a request whose client has to get another token first. This may ask Entra.
    async fn check(&self, request: &CancellableRequest) -> Result<(), CallError> {
        if let Some(demand) = self.demanded_claims(request).await {
            return Err(CallError::InsufficientClaims(demand));
        }
        let can_step_up = step_up::is_known_to(&request.revision);
        if can_step_up && let Some(demand) = step_up::demand(&self.server, &request.principal, &request.envelope).await
        {
            return Err(CallError::InsufficientScope(demand));
        }
        Ok(())
    }

    /// Serves a request with these headers; `None` if it was cancelled. The permit is for its memory.
    pub(super) async fn serve(
        self,
        request: Box<CancellableRequest>,
        headers: HeaderMap,
        permit: Permit,
    ) -> Result<Option<Response<ResponseBody>>, Unserved> {
        tokio::select! {
            checked = self.check(&request) => checked?,
            () = request.token.cancelled() => return Ok(None),
        }
        let exchange = self.begin(request, &headers, permit)?;
        let has_events = accept::accepts(&headers, accept::EVENT_STREAM);
        // They share the buffer of their connection, which a call that waits would keep.
        drop(headers);
        let lists = &self.lists;
        Ok(if has_events { exchange.response(lists).await } else { exchange.json_response(lists).await })
    }

    /// Begins to serve a request with these headers. The permit is dropped when nothing of it runs any more.
    pub(super) fn begin(
        &self,
        request: Box<CancellableRequest>,
        headers: &HeaderMap,
        permit: Permit,
    ) -> Result<Exchange<(RunningRequest<Key>, Permit)>, Refusal> {
        let CancellableRequest { id, text, envelope, principal, revision, token, running } = *request;
        let report = self.report(principal.holder());
        let span = tracing::Span::current();
        let message = message::parse(&text, envelope.method.as_deref(), Some(&id), principal, span);
        let message = message.ok_or_else(|| Refusal::invalid("Invalid Request"))?;
        if !revision.has_initialize() {
            check_metadata(&message, &revision)?;
            self.check_parameters(&message, headers)?;
        }
        let held = (running, permit);
        Ok(match message {
            ClientJsonRpcMessage::Request(request) if self.server.only_answers(&request.request) => {
                let is_stateless = !revision.has_initialize();
                let request = self.unconnected.request(&self.server, request.request, id, token);
                Exchange::direct(request, is_stateless, report, held)
            }
            message => {
                let memory = EventMemory { permit: held.1.another(), report };
                Exchange::begin(Served(Arc::clone(&self.server)), message, id, revision, token, memory, held)
            }
        })
    }

    /// From 2026-07-28 on the headers of a tool call repeat the arguments that its schema names.
    fn check_parameters(&self, message: &ClientJsonRpcMessage, headers: &HeaderMap) -> Result<(), Refusal> {
        let ClientJsonRpcMessage::Request(request) = message else { return Ok(()) };
        let ClientRequest::CallToolRequest(call) = &request.request else { return Ok(()) };
        let Some(schema) = self.server.input_schema(&call.params.name) else { return Ok(()) };
        parameters::check(headers, &schema, call.params.arguments.as_ref())
    }

    /// Takes a notification. Only `notifications/cancelled` has an effect.
    pub(super) fn notified(&self, principal: &Principal, envelope: &Envelope) {
        if let Some(id) = envelope.cancelled_request() {
            self.running.cancel(&(principal.holder(), id.clone()));
        }
    }
}

/// From 2026-07-28 on each request carries what the handshake said before.
fn check_metadata(message: &ClientJsonRpcMessage, revision: &ProtocolVersion) -> Result<(), Refusal> {
    let ClientJsonRpcMessage::Request(request) = message else { return Ok(()) };
    let missing = request.request.get_meta().missing_required_keys(revision);
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("Invalid params: _meta lacks {}, or gives it another type", missing.join(" and "));
    Err(Refusal::bad_request(ErrorData::invalid_params(message, None)))
}
