//! What rmcp answers with plain text we answer as JSON-RPC 2.0 §5.1 says.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use serde_json::{Value, json};

use super::streamable_http::Body;

/// A message that cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Not JSON.
    Parse,
    /// JSON, but no JSON-RPC request, notification or response. Batches too: MCP dropped them in 2025-06-18.
    InvalidRequest,
}

impl Fault {
    /// Looks at the outline of a message.
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        match serde_json::from_slice::<Value>(body) {
            Err(_) => Some(Self::Parse),
            Ok(Value::Object(members)) if members.get("jsonrpc").is_some_and(|version| version == "2.0") => None,
            Ok(_) => Some(Self::InvalidRequest),
        }
    }

    /// The answer: 400, with the error and a null id, since no id is known.
    pub(super) fn response(self) -> Response<Body> {
        let (code, message) = match self {
            Self::Parse => (-32700, "Parse error"),
            Self::InvalidRequest => (-32600, "Invalid Request"),
        };
        let body = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } });
        let body: BoxBody<Bytes, std::convert::Infallible> = Full::new(Bytes::from(body.to_string())).boxed();
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_no_json_is_a_parse_error() {
        for body in ["", "{", "nonsense", "\u{feff}{}"] {
            assert_eq!(Fault::of(body.as_bytes()), Some(Fault::Parse), "{body}");
        }
    }

    #[test]
    fn json_that_is_no_message_is_an_invalid_request() {
        for body in ["[]", "1", "{}", r#"{"jsonrpc":"1.0"}"#, r#"[{"jsonrpc":"2.0"}]"#] {
            assert_eq!(Fault::of(body.as_bytes()), Some(Fault::InvalidRequest), "{body}");
        }
    }

    #[test]
    fn a_message_passes() {
        assert_eq!(Fault::of(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), None);
    }
}
