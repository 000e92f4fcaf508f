//! A message as it waits, and as rmcp receives it.

use authorization_server::resource::authenticate::Principal;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions as _};
use tracing::Span;

/// A JSON-RPC message as text, and who posted it. Parsed it may take more than ten times as much room: `0,` is two bytes, a
/// [`serde_json::Value`] thirty-two.
pub(super) struct Message {
    pub(super) text: Vec<u8>,
    pub(super) principal: Principal,
    pub(super) is_request: bool,
    /// Of the log of the POST.
    span: Span,
}

impl Message {
    /// `None` if the text is no message.
    pub(super) fn new(text: Vec<u8>, principal: Principal) -> Option<Self> {
        let is_request = matches!(serde_json::from_slice(&text).ok()?, ClientJsonRpcMessage::Request(_));
        Some(Self { text, principal, is_request, span: Span::current() })
    }

    /// The principal of a POST goes with its message, and the span of its log; nothing in the message itself says who calls.
    pub(super) fn parse(self) -> Option<ClientJsonRpcMessage> {
        let mut message = serde_json::from_slice(&self.text).ok()?;
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.extensions.insert(self.principal);
        parts.extensions.insert(self.span);
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
}
