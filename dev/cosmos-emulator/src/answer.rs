//! Refusals in Cosmos' words: JSON with `code` and `message`, and the substatus in a header.
//! <https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb>

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::json;

const SUBSTATUS: HeaderName = HeaderName::from_static("x-ms-substatus");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("x-ms-retry-after-ms");

/// The answer to a request that is refused.
pub(crate) type Refusal = Box<Response<Bytes>>;

/// An error answer.
pub(crate) fn error(status: StatusCode, substatus: Option<u32>, code: &str, message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({ "code": code, "message": message }).to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(substatus) = substatus {
        headers.insert(SUBSTATUS, HeaderValue::from(substatus));
    }
    response
}

/// The request itself is wrong.
pub(crate) fn bad_request(message: &str) -> Response<Bytes> {
    error(StatusCode::BAD_REQUEST, None, "BadRequest", message)
}

/// Cosmos may have it; this emulator does not.
pub(crate) fn not_implemented(what: &str) -> Response<Bytes> {
    let message = format!("{what} is not implemented by the local Cosmos emulator.");
    error(StatusCode::NOT_IMPLEMENTED, None, "NotImplemented", &message)
}

/// 429, to be tried again after so many milliseconds.
pub(crate) fn throttled(retry_after_ms: u64) -> Response<Bytes> {
    let message = "Message: {\"Errors\":[\"Request rate is large. More Request Units may be needed, so no changes \
                   were made. Please retry this request later.\"]}";
    let mut response = error(StatusCode::TOO_MANY_REQUESTS, Some(3200), "429", message);
    response.headers_mut().insert(RETRY_AFTER_MS, HeaderValue::from(retry_after_ms));
    response
}
