//! JSON-RPC 2.0: errors, and the methods and revisions of MCP that are served.

use std::{borrow::Cow, convert::Infallible};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Full, combinators::BoxBody};
use rmcp::model::{ErrorCode, ErrorData, JsonRpcError, ProtocolVersion, RequestId, ServerCapabilities};
use serde::Serialize;

use super::{batch::BatchError, outline::InvalidMessage};
use crate::kept::{Counted, Kept};

/// The body of an answer: JSON, or a stream that ends with the result.
pub(super) type ResponseBody = BoxBody<Bytes, Infallible>;

/// Why a text that is not JSON is refused, for the audit log.
pub const NOT_JSON: &str = "the message is not JSON";

/// The length up to which a client's text is repeated.
const MAX_QUOTED_LENGTH: usize = 100;

/// Whether a server with these capabilities serves this method in a revision without a handshake. `subscriptions/listen` is
/// never served: where a list depends on the roles of its caller, `ttlMs` and `cacheScope` say how long to believe it.
pub(super) fn is_stateless_method(method: &str, capabilities: &ServerCapabilities) -> bool {
    match method {
        "server/discover" => true,
        "tools/list" | "tools/call" => capabilities.tools.is_some(),
        "prompts/list" | "prompts/get" => capabilities.prompts.is_some(),
        "resources/list" | "resources/templates/list" | "resources/read" => capabilities.resources.is_some(),
        "completion/complete" => capabilities.completions.is_some(),
        _ => false,
    }
}

/// Whether a server with these capabilities serves this method in any revision.
pub(super) fn is_method(method: &str, capabilities: &ServerCapabilities) -> bool {
    match method {
        "initialize" | "ping" => true,
        "logging/setLevel" => capabilities.logging.is_some(),
        "resources/subscribe" | "resources/unsubscribe" => {
            capabilities.resources.as_ref().is_some_and(|resources| resources.subscribe == Some(true))
        }
        _ => is_stateless_method(method, capabilities),
    }
}

/// The code of an error that is of HTTP alone: its status. MCP 2026-07-28 ("Error Codes") lets no new server use -32000 to
/// -32019, where SDKs have codes for errors of their own, such as a connection that was closed. It keeps the codes up to -32099
/// for itself, and sends everybody else out of JSON-RPC's range.
#[must_use]
pub fn http_error_code(status: StatusCode) -> i32 {
    status.as_u16().into()
}

/// A request that is refused before a method runs.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error: ErrorData,
}

impl Refusal {
    /// The refusal of a response.
    pub(super) fn unexpected_response() -> Self {
        Self::invalid("Invalid Request: this server sends no requests, so it awaits no responses")
    }

    /// 400 with this error.
    pub(super) fn bad_request(error: ErrorData) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error }
    }

    /// 400: it is no message, or none that may be sent here.
    pub(super) fn invalid(message: &'static str) -> Self {
        Self::bad_request(ErrorData::invalid_request(message, None))
    }

    /// 400: the headers of 2026-07-28 do not match the body.
    pub(super) fn header_mismatch(message: String) -> Self {
        Self::bad_request(ErrorData::header_mismatch(message, None))
    }

    /// An error of HTTP.
    pub(super) fn of_http(status: StatusCode, message: &'static str) -> Self {
        Self { status, error: ErrorData::new(ErrorCode(http_error_code(status)), message, None) }
    }

    /// The answer, with the id of the request if that is known: MCP allows no null there.
    pub(super) fn answer(self, id: Option<RequestId>) -> Response<ResponseBody> {
        json(self.status, &JsonRpcError::new(id, self.error))
    }
}

/// Why a message got this error, for the audit log; `None` if this server failed. The text holds nothing of the caller's.
pub(super) fn refusal_reason(error: &ErrorData) -> Option<&'static str> {
    Some(match (error.code, &error.message) {
        (ErrorCode::INTERNAL_ERROR, _) => return None,
        (ErrorCode::PARSE_ERROR, _) => NOT_JSON,
        (ErrorCode::METHOD_NOT_FOUND, _) => "the method does not exist",
        (_, Cow::Borrowed(message)) => message,
        (ErrorCode::INVALID_PARAMS, Cow::Owned(_)) => "the parameters are not those of the method",
        (ErrorCode::HEADER_MISMATCH, Cow::Owned(_)) => "the headers do not match the message",
        (_, Cow::Owned(_)) => "the message is not served",
    })
}

impl From<InvalidMessage> for Refusal {
    fn from(invalid: InvalidMessage) -> Self {
        Self::bad_request(match invalid {
            InvalidMessage::Parse => ErrorData::new(ErrorCode::PARSE_ERROR, "Parse error", None),
            InvalidMessage::InvalidRequest => ErrorData::invalid_request("Invalid Request", None),
        })
    }
}

impl From<BatchError> for Refusal {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Invalid(invalid) => invalid.into(),
            BatchError::Refused(text) => Self::invalid(text),
        }
    }
}

/// -32601. It repeats the beginning of the method's name, which may be long.
pub(super) fn method_not_found(method: &str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("Method not found: {}", quoted(method)), None)
}

/// -32602: a method that is served got parameters of another shape.
pub(super) fn malformed_params(method: &str) -> ErrorData {
    let expected: Cow<'static, str> = if method == "tools/call" {
        "Invalid params: tools/call takes the name of a tool, and its arguments as an object".into()
    } else {
        format!("Invalid params: {method} takes other parameters").into()
    };
    ErrorData::invalid_params(expected, None)
}

/// -32022, with the revisions that are served.
pub(super) fn unsupported_revision(requested: &str) -> ErrorData {
    let supported: Vec<_> = ProtocolVersion::KNOWN_VERSIONS.iter().map(ProtocolVersion::as_str).collect();
    let data = serde_json::json!({ "requested": quoted(requested), "supported": supported });
    ErrorData::new(ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version", Some(data))
}

fn quoted(text: &str) -> &str {
    text.char_indices().nth(MAX_QUOTED_LENGTH).map_or(text, |(end, _)| &text[..end])
}

/// 202, without a body: there is nothing to answer.
pub(super) fn accepted() -> Response<ResponseBody> {
    let mut response = Response::new(Empty::new().boxed());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// An answer of JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response<ResponseBody> {
    json_text(status, serde_json::to_vec(value).unwrap_or_default().into())
}

/// The same of a text that counts until it is written.
pub(super) fn counted_json(status: StatusCode, text: Kept) -> Response<ResponseBody> {
    let mut response = json_text(status, Bytes::from_owner(text));
    response.extensions_mut().insert(Counted);
    response
}

fn json_text(status: StatusCode, text: Bytes) -> Response<ResponseBody> {
    let mut response = Response::new(Full::new(text).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn answered(refusal: Refusal, id: Option<RequestId>) -> (StatusCode, Value) {
        let response = refusal.answer(id);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn each_error_has_its_code_of_json_rpc_and_the_id_only_if_there_is_one() {
        for (invalid, code, message) in [
            (InvalidMessage::Parse, -32_700, "Parse error"),
            (InvalidMessage::InvalidRequest, -32_600, "Invalid Request"),
        ] {
            let mut expected = json!({ "jsonrpc": "2.0", "error": { "code": code, "message": message } });
            assert_eq!(answered(invalid.into(), None).await, (StatusCode::BAD_REQUEST, expected.clone()));
            expected["id"] = "a".into();
            let answered = answered(invalid.into(), Some(RequestId::String("a".into()))).await;
            assert_eq!(answered, (StatusCode::BAD_REQUEST, expected));
        }
    }

    #[test]
    fn the_reason_of_a_refusal_repeats_nothing_that_the_caller_sent() {
        let header = Refusal::header_mismatch("the Mcp-Param-sent header is missing".into());
        let method = Refusal { status: StatusCode::NOT_FOUND, error: method_not_found("sent") };
        let params = Refusal::bad_request(malformed_params("sent"));
        let revision = Refusal::bad_request(unsupported_revision("sent"));
        for refusal in [header, method, params, revision, InvalidMessage::Parse.into(), Refusal::invalid("ours")] {
            let reason = refusal_reason(&refusal.error).unwrap();
            assert!(!reason.is_empty() && !reason.contains("sent"), "{reason:?}");
        }
        assert_eq!(refusal_reason(&ErrorData::internal_error("it failed", None)), None);
    }

    /// Of these methods those that a server serves: in a revision without a handshake, and in any.
    fn served(capabilities: Value, methods: &[&'static str]) -> (Vec<&'static str>, Vec<&'static str>) {
        let capabilities: ServerCapabilities = serde_json::from_value(capabilities).unwrap();
        let of = |is_served: fn(&str, &ServerCapabilities) -> bool| {
            methods.iter().copied().filter(|method| is_served(method, &capabilities)).collect()
        };
        (of(is_stateless_method), of(is_method))
    }

    #[test]
    fn the_methods_of_a_server_are_those_of_its_capabilities() {
        let always = ["server/discover", "initialize", "ping"];
        let never = ["subscriptions/listen", "tasks/get", "roots/list", "sampling/createMessage", "TOOLS/LIST", ""];
        for (capabilities, stateless, with_handshake) in [
            (json!({}), &[][..], &[][..]),
            (json!({ "tools": {} }), &["tools/list", "tools/call"], &[]),
            (json!({ "prompts": {} }), &["prompts/list", "prompts/get"], &[]),
            (json!({ "completions": {} }), &["completion/complete"], &[]),
            (json!({ "logging": {} }), &[], &["logging/setLevel"]),
            (json!({ "resources": {} }), &["resources/list", "resources/templates/list", "resources/read"], &[]),
            (
                json!({ "resources": { "subscribe": true } }),
                &["resources/list", "resources/templates/list", "resources/read"],
                &["resources/subscribe", "resources/unsubscribe"],
            ),
        ] {
            let others = ["tools/list", "prompts/get", "resources/read", "resources/subscribe", "logging/setLevel"];
            let others: Vec<_> = others
                .into_iter()
                .filter(|method| !stateless.contains(method) && !with_handshake.contains(method))
                .collect();
            let methods = [&always[..], stateless, with_handshake, &never, &others].concat();
            let expected = ([&always[..1], stateless].concat(), [&always[..], stateless, with_handshake].concat());
            assert_eq!(served(capabilities.clone(), &methods), expected, "{capabilities}");
        }
    }

    #[test]
    fn at_most_a_hundred_characters_of_a_name_are_repeated() {
        let long = "é".repeat(500_000);
        assert_eq!(method_not_found(&long).message, format!("Method not found: {}", "é".repeat(100)));
        assert_eq!(method_not_found("a/b").message, "Method not found: a/b");
        let data = unsupported_revision(&long).data.unwrap();
        assert_eq!(data["requested"], "é".repeat(100));
        assert_eq!(data["supported"].as_array().unwrap().len(), 5);
    }
}
