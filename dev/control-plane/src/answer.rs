//! An answer, and the shape of errors.

use axum::http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use crate::asked::Asked;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// JSON; null for no body.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self::of(StatusCode::OK, body)
    }

    pub(crate) fn of(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// An error in the shape of the resource manager and of Graph.
    pub(crate) fn error(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self::of(status, json!({ "error": { "code": code, "message": message.into() } }))
    }

    pub(crate) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::error(StatusCode::NOT_FOUND, code, message)
    }

    /// For requests that the real host would know.
    pub(crate) fn not_implemented(asked: &Asked) -> Self {
        let message = format!("{} https://{}{} is not implemented", asked.method, asked.host, asked.path);
        Self::error(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
