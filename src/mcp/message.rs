//! A message while it waits, and as rmcp receives it.

use authorization_server::resource::authenticate::Principal;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, CustomRequest, GetExtensions as _, GetMeta as _, RequestId, RequestMetaObject,
};
use serde::Deserialize;
use tracing::Span;

use super::{
    batch,
    envelope::Envelope,
    outline::{self, Kind},
};
use crate::{
    budget::{Exhausted, Permit},
    json_cost::{message_cost, tree_cost},
};

/// The text of a JSON-RPC message, or of a batch, and who posted it. It is parsed only when it is its turn: parsed, it takes
/// more memory.
pub(super) struct UnparsedMessage {
    pub(super) text: Vec<u8>,
    pub(super) principal: Principal,
    pub(super) is_request: bool,
    /// The id of a request.
    pub(super) id: Option<RequestId>,
    method: Option<String>,
    /// The id of the request that this notification cancels.
    pub(super) cancelled: Option<RequestId>,
    /// Whether it is answered at once, or not at all: a `ping`, or no request. A batch is not quick.
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
        let cancelled = envelope.cancelled_request().filter(|_| !is_request).cloned();
        let Envelope { id, method, .. } = envelope;
        Self {
            id: id.filter(|_| is_request),
            cancelled,
            is_quick: if is_request { method.as_deref() == Some("ping") } else { !batch::is_batch(&text) },
            method,
            text,
            principal,
            is_request,
            permit,
            span: Span::current(),
        }
    }

    /// Whether it is a batch.
    pub(super) fn is_batch(&self) -> bool {
        batch::is_batch(&self.text)
    }

    /// The messages of a batch, which was checked. They share its memory.
    pub(super) fn into_messages(self) -> Vec<Self> {
        let Self { text, principal, mut permit, span, .. } = self;
        let messages = batch::messages(&text).into_iter().flatten().map(|message| {
            let text = message.get().as_bytes().to_vec();
            let (envelope, is_request) = (Envelope::of(&text), outline::kind(&text) == Ok(Kind::Request));
            let permit = permit.split(cost(&text, &envelope));
            Self { span: span.clone(), ..Self::new(text, envelope, principal.clone(), is_request, permit) }
        });
        messages.collect()
    }

    /// Reserves what the message will take once it is parsed.
    pub(super) fn reserve(&mut self) -> Result<(), Exhausted> {
        self.permit.resize(cost_of(&self.text, self.method.as_deref(), self.id.as_ref()))
    }

    /// The message for rmcp, and the permit for its memory.
    pub(super) fn parse(self) -> Option<(ClientJsonRpcMessage, Permit)> {
        let message = parse(&self.text, self.method.as_deref(), self.id.as_ref(), self.principal, self.span)?;
        Some((message, self.permit))
    }
}

/// A message for rmcp. It carries the POST's principal and span. Nothing in the text can name a principal.
///
/// `method` and `id` are those of its envelope.
pub(super) fn parse(
    text: &[u8],
    method: Option<&str>,
    id: Option<&RequestId>,
    principal: Principal,
    span: Span,
) -> Option<ClientJsonRpcMessage> {
    let mut message = match named_for_tools(method, id) {
        Some((method, id)) => request_for_tools(text, method, id)?,
        None => serde_json::from_slice(text).ok()?,
    };
    let extensions = match &mut message {
        ClientJsonRpcMessage::Request(request) => request.request.extensions_mut(),
        ClientJsonRpcMessage::Notification(notification) => notification.notification.extensions_mut(),
        ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_) => return Some(message),
    };
    extensions.insert(principal);
    extensions.insert(span);
    Some(message)
}

/// The most bytes that a message with this envelope takes once it is parsed, with its text.
pub(super) fn cost(text: &[u8], envelope: &Envelope) -> usize {
    cost_of(text, envelope.method.as_deref(), envelope.id.as_ref())
}

fn cost_of(text: &[u8], method: Option<&str>, id: Option<&RequestId>) -> usize {
    if named_for_tools(method, id).is_some() { tree_cost(text) } else { message_cost(text) }
}

/// The method and the id of a request for tools. Its cost and its reading depend on them.
fn named_for_tools<'a>(method: Option<&'a str>, id: Option<&'a RequestId>) -> Option<(&'a str, &'a RequestId)> {
    method.filter(|method| matches!(*method, "tools/call" | "tools/list")).zip(id)
}

/// A request for tools, whatever its parameters are. rmcp would try all of its types in turn, and keep copies of the text for that.
fn request_for_tools(text: &[u8], method: &str, id: &RequestId) -> Option<ClientJsonRpcMessage> {
    let request = if method == "tools/call" {
        serde_json::from_slice(text).map(ClientRequest::CallToolRequest)
    } else {
        serde_json::from_slice(text).map(ClientRequest::ListToolsRequest)
    };
    let request = request.or_else(|_| malformed(text, method)).ok()?;
    Some(ClientJsonRpcMessage::request(request, id.clone()))
}

/// A request whose parameters are not of its method, without them: of those, only `_meta` is read.
fn malformed(text: &[u8], method: &str) -> serde_json::Result<ClientRequest> {
    let MetaOfMessage { params } = serde_json::from_slice(text)?;
    let mut request = CustomRequest::new(method, None);
    *request.get_meta_mut() = params.and_then(|params| params.meta).unwrap_or_default();
    Ok(ClientRequest::CustomRequest(request))
}

#[derive(Deserialize)]
struct MetaOfMessage {
    params: Option<MetaOfParams>,
}

#[derive(Deserialize)]
struct MetaOfParams {
    #[serde(rename = "_meta")]
    meta: Option<RequestMetaObject>,
}

#[cfg(test)]
mod tests {
    use serde_json::to_value;

    use super::*;

    /// The message that rmcp reads from a text by itself.
    fn by_rmcp(text: &str) -> Option<ClientJsonRpcMessage> {
        serde_json::from_str(text).ok()
    }

    /// A malformed request is refused by its method, so ours has no parameters.
    fn without_custom_params(mut message: ClientJsonRpcMessage) -> ClientJsonRpcMessage {
        if let ClientJsonRpcMessage::Request(request) = &mut message
            && let ClientRequest::CustomRequest(custom) = &mut request.request
        {
            custom.params = None;
            custom.get_meta_mut();
        }
        message
    }

    #[test]
    fn a_request_for_tools_is_read_as_rmcp_reads_it() {
        let mut read = 0;
        for params in [
            "",
            r#","params":null"#,
            r#","params":{}"#,
            r#","params":{"name":"t"}"#,
            r#","params":{"n\u0061me":"t","arguments":{"a":[1,-2.5,1e400,"x"]}}"#,
            r#","params":{"name":"t","arguments":{"a":18446744073709551615,"b":{"c":null}},"other":1}"#,
            r#","params":{"name":"t","_meta":{"progressToken":7,"x":{"y":[]}},"requestState":"s"}"#,
            r#","params":{"_meta":null,"name":"t"}"#,
            r#","params":{"name":"t","name":"u"}"#,
            r#","params":{"name":"t","_meta":{},"_meta":{}}"#,
            r#","params":{"name":1}"#,
            r#","params":{"name":"t","arguments":[]}"#,
            r#","params":{"cursor":"c"}"#,
            r#","params":{"cursor":1}"#,
        ] {
            for (method, id) in [("tools/call", "1"), ("tools/list", r#""a""#), ("tools\\/call", "1.0")] {
                let text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"{params}}}"#);
                let envelope = Envelope::of(text.as_bytes());
                let named = envelope.method.as_deref().zip(envelope.id.as_ref());
                let ours = named.and_then(|(method, id)| request_for_tools(text.as_bytes(), method, id));
                let Some(theirs) = by_rmcp(&text) else {
                    assert!(ours.is_none() || outline::kind(text.as_bytes()).is_err(), "{text}");
                    continue;
                };
                let ours = ours.unwrap_or_else(|| panic!("{text}"));
                read += 1;
                let (ours, theirs) = (without_custom_params(ours), without_custom_params(theirs));
                assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{text}");
                assert_eq!(to_value(&ours).unwrap(), to_value(&theirs).unwrap(), "{text}");
            }
        }
        assert!(read >= 30, "{read}");
    }
}
