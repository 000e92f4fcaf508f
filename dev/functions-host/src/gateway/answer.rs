//! The gateway's own answers, in the words of API Management.

use bytes::Bytes;
use http::StatusCode;

use crate::answer::push_server_fields;
use crate::headers::push;
use crate::request::Request;

/// A path or method that no operation has.
pub(super) fn not_found(request: &Request) -> Bytes {
    own(request, StatusCode::NOT_FOUND, "Resource not found", None)
}

/// An address was here too often.
pub(super) fn too_many(request: &Request, seconds: u64) -> Bytes {
    let message = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
    own(request, StatusCode::TOO_MANY_REQUESTS, &message, Some(seconds))
}

/// The host does not answer, or a policy failed.
pub(crate) fn internal_server_error(request: &Request) -> Bytes {
    own(request, StatusCode::INTERNAL_SERVER_ERROR, "Internal server error", None)
}

fn own(request: &Request, status: StatusCode, message: &str, retry_after: Option<u64>) -> Bytes {
    let body = format!(r#"{{ "statusCode": {}, "message": "{message}" }}"#, status.as_u16());
    let mut head = format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    push(&mut head, "Content-Length", &body.len().to_string());
    push(&mut head, "Content-Type", "application/json");
    if let Some(seconds) = retry_after {
        push(&mut head, "Retry-After", &seconds.to_string());
    }
    push_server_fields(&mut head, request.close, |name| name == "Server");
    let body = if request.line.method == "HEAD" { "" } else { &body };
    Bytes::from(format!("{head}\r\n{body}"))
}
