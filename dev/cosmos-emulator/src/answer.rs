//! Refusals in Cosmos' words: JSON with `code` and `message`, and the substatus in a header.
//! <https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb>

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::json;

pub(crate) const SUBSTATUS: HeaderName = HeaderName::from_static("x-ms-substatus");
pub(crate) const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("x-ms-retry-after-ms");

/// Said instead of what was asked for.
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

/// Cosmos has it, this program does not.
pub(crate) fn not_implemented(what: &str) -> Response<Bytes> {
    let message = format!("{what} is not implemented by the local Cosmos emulator.");
    error(StatusCode::NOT_IMPLEMENTED, None, "NotImplemented", &message)
}

/// What Azure says to an Entra token that would administrate: `Forbidden`, substatus 5300.
pub(crate) fn not_for_entra_tokens(method: &http::Method, path: &str) -> Response<Bytes> {
    let message = format!(
        "The given request [{method} {path}] cannot be authorized by AAD token in data plane. \
         Learn more: https://aka.ms/cosmos-native-rbac."
    );
    error(StatusCode::FORBIDDEN, Some(5300), "Forbidden", &message)
}

/// A known identity without a role assignment there.
pub(crate) fn no_role(principal: &str, resource: &str) -> Response<Bytes> {
    let message = format!(
        "Request blocked by Auth local : Request is blocked because principal [{principal}] does not have required \
         RBAC permissions to perform action on resource [{resource}]. \
         Learn more: https://aka.ms/cosmos-native-rbac."
    );
    error(StatusCode::FORBIDDEN, Some(5301), "Forbidden", &message)
}

/// 429, to be tried again after so many milliseconds.
pub(crate) fn throttled(retry_after_ms: u64) -> Response<Bytes> {
    let message = "Message: {\"Errors\":[\"Request rate is large. More Request Units may be needed, so no changes \
                   were made. Please retry this request later.\"]}";
    let mut response = error(StatusCode::TOO_MANY_REQUESTS, Some(3200), "429", message);
    response.headers_mut().insert(RETRY_AFTER_MS, HeaderValue::from(retry_after_ms));
    response
}

/// 503.
pub(crate) fn unavailable() -> Response<Bytes> {
    let message = "The service is temporarily unavailable, please retry the request later.";
    error(StatusCode::SERVICE_UNAVAILABLE, None, "ServiceUnavailable", message)
}

/// 404 for an item, with the session token and numbers of a true answer.
pub(crate) fn item_not_found(id: &str, of_true_answer: &HeaderMap) -> Response<Bytes> {
    let message = format!("Entity with the specified id does not exist in the system. ResourceId: {id}");
    let mut response = error(StatusCode::NOT_FOUND, None, "NotFound", &message);
    let kept = of_true_answer.iter().filter(|(name, _)| name.as_str().starts_with("x-ms-") || name.as_str() == "lsn");
    response.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    response
}
