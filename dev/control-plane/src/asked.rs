//! A request, read to its end.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{Method, header};
use url::form_urlencoded;

/// A request, with the host that it names.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) host: String,
    pub(crate) method: Method,
    /// The path, percent-encoding removed nowhere: no client of ours needs it.
    pub(crate) path: String,
    /// Decoded.
    pub(crate) query: Vec<(String, String)>,
    /// The token of `Authorization: Bearer`.
    pub(crate) bearer: Option<String>,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

impl Asked {
    pub(crate) fn new(host: &str, parts: &Parts, body: Bytes) -> Self {
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let bearer =
            header(header::AUTHORIZATION).split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        Self {
            host: host.to_owned(),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: form(parts.uri.query().unwrap_or_default().as_bytes()),
            bearer: bearer.map(|(_, token)| token.to_owned()),
            content_type: header(header::CONTENT_TYPE).to_owned(),
            body,
        }
    }

    /// A parameter of the query, empty if it is not there.
    pub(crate) fn query(&self, name: &str) -> &str {
        value(&self.query, name)
    }

    /// The segments of the path as they were sent.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }
}

/// Decodes `application/x-www-form-urlencoded`.
pub(crate) fn form(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The first member of this name, or nothing.
pub(crate) fn value<'a>(members: &'a [(String, String)], name: &str) -> &'a str {
    members.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value)
}
