//! A message while it waits, and as rmcp receives it.

use authorization_server::resource::authenticate::Principal;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions as _, RequestId};
use tracing::Span;

use super::envelope::Envelope;
use crate::{
    budget::{Exhausted, Permit},
    json_cost::tree_cost,
};

/// The text of a JSON-RPC message, and who posted it. It is parsed only when it is its turn: parsed, it takes more memory.
pub(super) struct UnparsedMessage {
    pub(super) text: Vec<u8>,
    pub(super) principal: Principal,
    pub(super) is_request: bool,
    /// The id of a request.
    pub(super) id: Option<RequestId>,
    /// The id of the request that this notification cancels.
    pub(super) cancelled: Option<RequestId>,
    /// Whether it is answered at once, or not at all: a `ping`, or no request.
    pub(super) is_quick: bool,
    /// For the text and what it is parsed to.
    permit: Permit,
    /// The span of the POST, for the log.
    span: Span,
}

impl UnparsedMessage {
    /// A message that was checked, by this instance or another, with its envelope.
    pub(super) fn new(
        text: Vec<u8>,
        envelope: Envelope,
        principal: Principal,
        is_request: bool,
        permit: Permit,
    ) -> Self {
        let Envelope { id, method, cancelled, .. } = envelope;
        let is_cancellation = method.as_deref() == Some("notifications/cancelled");
        Self {
            id: id.filter(|_| is_request),
            cancelled: cancelled.filter(|_| is_cancellation && !is_request),
            is_quick: !is_request || method.as_deref() == Some("ping"),
            text,
            principal,
            is_request,
            permit,
            span: Span::current(),
        }
    }

    /// Reserves what the message will take once it is parsed.
    pub(super) fn reserve(&mut self) -> Result<(), Exhausted> {
        self.permit.resize(tree_cost(&self.text))
    }

    /// The message for rmcp, and the permit for its memory.
    pub(super) fn parse(self) -> Option<(ClientJsonRpcMessage, Permit)> {
        let message = parse(&self.text, self.principal, self.span)?;
        Some((message, self.permit))
    }
}

/// A message for rmcp. It carries the POST's principal and span. Nothing in the text can name a principal.
pub(super) fn parse(text: &[u8], principal: Principal, span: Span) -> Option<ClientJsonRpcMessage> {
    let mut message = serde_json::from_slice(text).ok()?;
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.extensions.insert(principal);
    parts.extensions.insert(span);
    match &mut message {
        ClientJsonRpcMessage::Request(request) => {
            request.request.extensions_mut().insert(parts);
        }
        ClientJsonRpcMessage::Notification(notification) => {
            notification.notification.extensions_mut().insert(parts);
        }
        ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_) => {}
    }
    Some(message)
}
