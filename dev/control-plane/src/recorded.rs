//! The requests that were received, for tests.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::json::at;

/// A request and how it was answered. It holds no header, and no body of a host that takes or gives tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// HTTP method; CONNECT for a host that the proxy does not know.
    pub method: Method,
    /// Host.
    pub host: String,
    /// Path without the query.
    pub path: String,
    /// The status of the answer.
    pub status: StatusCode,
    /// Body, if it was JSON.
    pub body: Value,
}

impl Recorded {
    pub(crate) fn new(asked: &Asked, answer: &Answer) -> Self {
        let json = asked.content_type.starts_with("application/json");
        Self {
            method: asked.method.clone(),
            host: asked.host.clone(),
            path: asked.path.clone(),
            status: answer.status,
            body: if json { serde_json::from_slice(&asked.body).unwrap_or_default() } else { Value::Null },
        }
    }

    /// Whether it made a deployment that has resources.
    pub(crate) fn is_deployment(&self) -> bool {
        let resources = at(&self.body, "/properties/template/resources");
        self.method == Method::PUT
            && self.status.is_success()
            && !resources.as_array().is_some_and(Vec::is_empty)
            && self.path.to_lowercase().contains("/providers/microsoft.resources/deployments/")
    }

    pub(crate) fn refused(host: &str) -> Self {
        Self {
            method: Method::CONNECT,
            host: host.to_owned(),
            path: String::new(),
            status: StatusCode::FORBIDDEN,
            body: Value::Null,
        }
    }
}
