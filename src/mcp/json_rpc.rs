//! JSON-RPC errors (JSON-RPC 2.0 §5.1) where rmcp answers in plain text.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use serde_json::json;

use super::outline::Fault;

/// The body of an answer: JSON, or a stream that ends with the result.
pub(super) type Body = BoxBody<Bytes, Infallible>;

/// 400 with the error. The id is null, because no id is known.
pub(super) fn bad_request(fault: Fault) -> Response<Body> {
    let (code, message) = match fault {
        Fault::Parse => (-32700, "Parse error"),
        Fault::InvalidRequest => (-32600, "Invalid Request"),
    };
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())).boxed());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
