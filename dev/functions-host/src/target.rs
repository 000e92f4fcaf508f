//! The request line (RFC 9112 section 3), judged as the host's web server does.

use http::StatusCode;

use crate::{head::is_token, path};

pub(crate) struct RequestLine {
    pub(crate) method: String,
    /// Path and query as they came.
    pub(crate) target: String,
    /// Decoded, with dot segments resolved.
    pub(crate) path: String,
    /// With its question mark, as it came; or empty.
    pub(crate) query: String,
    pub(crate) http_1_0: bool,
}

impl RequestLine {
    /// Only the origin form is known: the absolute form is refused as one that names another host.
    pub(crate) fn parse(line: &str) -> Result<Self, StatusCode> {
        let mut parts = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(StatusCode::BAD_REQUEST);
        };
        if !is_token(method) || !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let http_1_0 = match version {
            "HTTP/1.1" => false,
            "HTTP/1.0" => true,
            _ => return Err(StatusCode::HTTP_VERSION_NOT_SUPPORTED),
        };
        let (raw_path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
        let path = path::decode(raw_path).map_err(|path::HasNul| StatusCode::BAD_REQUEST)?;
        let target = target.to_owned();
        Ok(Self { method: method.to_owned(), target, path, query: query.to_owned(), http_1_0 })
    }
}
