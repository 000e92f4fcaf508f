//! A response that is a stream of server-sent events.

use http::{HeaderMap, HeaderValue, header};

/// Says that the body is a stream of events, which no cache may keep and no proxy may hold back.
pub fn set_headers(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
}
