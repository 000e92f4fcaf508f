//! Answers: JSON, OAuth errors, and the headers that every answer carries.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::{error::OAuthError, issuer::BaseUrl};
use serde::Serialize;
pub(super) use warp::reply::Response;

use crate::mcp::{RequestId, http_error_code};

/// How many seconds a client should wait when a dependency does not answer.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

const NO_ANSWER: &str = "a service behind this server does not answer; try again in a few seconds";

#[derive(Serialize)]
struct JsonRpcError<'a> {
    error: ErrorObject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RequestId>,
    jsonrpc: &'static str,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    code: i32,
    message: &'a str,
}

/// An answer of this content type.
pub(super) fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into().into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(String::new().into());
    *response.status_mut() = status;
    response
}

/// An answer of JSON text.
pub(super) fn json_text(status: StatusCode, body: impl Into<Bytes>) -> Response {
    answer(status, "application/json", body)
}

/// A value as JSON. If it cannot be encoded, the answer is 500.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => json_text(status, text),
        Err(error) => {
            tracing::error!(counted = true, %error, "answer not encoded");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// RFC 6749 §5.2 and RFC 7591 §3.2.2.
pub(super) fn oauth_error(status: StatusCode, error: &'static str, error_description: &'static str) -> Response {
    json(status, &OAuthError { error, error_description })
}

/// JSON-RPC 2.0 §5, without an id: the message was not read.
pub(super) fn json_rpc_error(status: StatusCode, message: &str) -> Response {
    json_rpc_error_to(None, status, message)
}

/// An error of HTTP, as JSON-RPC to the request with this id.
pub(super) fn json_rpc_error_to(id: Option<RequestId>, status: StatusCode, message: &str) -> Response {
    json_rpc_error_of(id, status, http_error_code(status), message)
}

/// An error of JSON-RPC 2.0 §5 to the request with this id. Without one the member is absent: MCP allows no null there.
pub(super) fn json_rpc_error_of(id: Option<RequestId>, status: StatusCode, code: i32, message: &str) -> Response {
    json(status, &JsonRpcError { error: ErrorObject { code, message }, id, jsonrpc: "2.0" })
}

/// The text of an answer of [`json_rpc_error`].
pub(super) fn json_rpc_error_text(status: StatusCode, message: &str) -> Bytes {
    let error = ErrorObject { code: http_error_code(status), message };
    serde_json::to_vec(&JsonRpcError { error, id: None, jsonrpc: "2.0" }).unwrap_or_default().into()
}

/// 503: a dependency does not answer.
pub(super) fn temporarily_unavailable() -> Response {
    retry_later(oauth_error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", NO_ANSWER))
}

/// 503 on the MCP endpoints: a dependency does not answer.
pub(super) fn mcp_unavailable() -> Response {
    retry_later(json_rpc_error(StatusCode::SERVICE_UNAVAILABLE, NO_ANSWER))
}

/// 503 on the MCP endpoints: the requests of others take all the memory for requests.
pub(super) fn mcp_busy() -> Response {
    let text = "this server has too much to do; try again in a few seconds";
    retry_later(json_rpc_error(StatusCode::SERVICE_UNAVAILABLE, text))
}

/// Adds Retry-After.
pub(super) fn retry_later(mut response: Response) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    response
}

/// Adds Retry-After, in whole seconds, rounded up.
pub(super) fn retry_after(mut response: Response, wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

/// Adds the headers that every answer has. An answer that may be cached has set `Cache-Control` itself. On this computer there
/// is no https to insist on.
pub(super) fn harden(response: &mut Response, base: &BaseUrl) {
    let headers = response.headers_mut();
    if !base.is_loopback() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // `entry` would make room for one more header even if this one is there, and hyper keeps the room with the connection.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_that_are_never_too_few() {
        for (wait, told) in [
            (Duration::ZERO, "0"),
            (Duration::from_nanos(1), "1"),
            (Duration::from_millis(999), "1"),
            (Duration::from_secs(1), "1"),
            (Duration::from_millis(1_001), "2"),
            (Duration::from_secs(90), "90"),
        ] {
            assert_eq!(header(&retry_after(empty(StatusCode::OK), wait), "retry-after"), told, "{wait:?}");
        }
    }

    #[test]
    fn every_answer_is_hardened_and_only_one_that_says_so_may_be_kept() {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        let mut plain = empty(StatusCode::NOT_FOUND);
        harden(&mut plain, &base);
        assert_eq!(
            (header(&plain, "cache-control"), header(&plain, "x-content-type-options")),
            ("no-store", "nosniff")
        );
        let mut public = empty(StatusCode::OK);
        public.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        harden(&mut public, &base);
        assert_eq!(header(&public, "cache-control"), "public, max-age=300");
    }

    #[test]
    fn a_value_that_is_no_json_is_500_and_not_half_an_answer() {
        let broken = std::collections::BTreeMap::from([((1, 2), "a key that JSON has no way to write")]);
        let response = json(StatusCode::OK, &broken);
        assert_eq!((response.status(), header(&response, "content-type")), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    }

    #[test]
    fn an_outage_is_503_with_retry_after_5() {
        let response = temporarily_unavailable();
        assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "5"));
        assert_eq!(header(&response, "content-type"), "application/json");
    }

    #[test]
    fn a_server_that_the_world_reaches_insists_on_https_and_one_on_this_computer_does_not() {
        for (base, insists) in [("https://mcp.example.com", true), ("http://127.0.0.1:7071", false)] {
            let mut response = empty(StatusCode::OK);
            harden(&mut response, &BaseUrl::parse(base).unwrap());
            assert_eq!(response.headers().contains_key(header::STRICT_TRANSPORT_SECURITY), insists, "{base}");
        }
    }
}
