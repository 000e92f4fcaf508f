//! A message while it waits, and as rmcp receives it.

use authorization_server::resource::authenticate::Principal;
use rmcp::model::{ClientJsonRpcMessage, GetExtensions as _};
use tracing::Span;

use crate::mcp::outline::{self, Kind};

/// The text of a JSON-RPC message, and who posted it. It is parsed only when it is its turn: parsed, it takes more memory.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) text: Vec<u8>,
    pub(super) principal: Principal,
    pub(super) is_request: bool,
    /// The span of the POST, for the log.
    span: Span,
}

impl Message {
    /// A message that was posted here. `None` if rmcp would not accept it.
    pub(super) fn posted(text: &[u8], principal: Principal) -> Option<Self> {
        let is_request = outline::kind(text).ok()? == Kind::Request;
        Some(Self { text: text.to_owned(), principal, is_request, span: Span::current() })
    }

    /// A message that another instance has checked.
    pub(super) fn from_log(text: Vec<u8>, principal: Principal, is_request: bool) -> Self {
        Self { text, principal, is_request, span: Span::current() }
    }

    /// The message for rmcp. It carries the POST's principal and span. Nothing in the text can name a principal.
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
