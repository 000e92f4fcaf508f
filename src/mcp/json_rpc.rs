//! JSON-RPC errors (JSON-RPC 2.0 §5.1) where rmcp answers in plain text.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use serde_json::json;

use super::outline::InvalidMessage;

/// The body of an answer: JSON, or a stream that ends with the result.
pub(super) type Body = BoxBody<Bytes, Infallible>;

/// 400 with the error. The id is null, because no id is known.
pub(super) fn bad_request(invalid: InvalidMessage) -> Response<Body> {
    let (code, message) = match invalid {
        InvalidMessage::Parse => (-32700, "Parse error"),
        InvalidMessage::InvalidRequest => (-32600, "Invalid Request"),
    };
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } });
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())).boxed());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[tokio::test]
    async fn each_error_has_its_code_of_json_rpc_and_no_id() {
        for (invalid, code, message) in [
            (InvalidMessage::Parse, -32_700, "Parse error"),
            (InvalidMessage::InvalidRequest, -32_600, "Invalid Request"),
        ] {
            let response = bad_request(invalid);
            assert_eq!(response.status(), StatusCode::BAD_REQUEST);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let expected = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } });
            assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
        }
    }
}
