//! Recorded requests, for tests that compare them: every name, and the values that are not secret.

use axum::http::{HeaderMap, header, request::Parts};
use serde::Serialize;
use url::form_urlencoded;

/// Parameters whose values are public. All others count as secrets.
const OPEN_PARAMETERS: [&str; 19] = [
    "api-version",
    "claims",
    "client_assertion_type",
    "client_id",
    "client_info",
    "code_challenge_method",
    "domain_hint",
    "grant_type",
    "login_hint",
    "object_id",
    "principal_id",
    "prompt",
    "redirect_uri",
    "requested_token_use",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "token_type",
];
const SECRET_HEADERS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-identity-header"];

/// One request, in the order in which it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// HTTP method.
    pub method: String,
    /// Path, without the query.
    pub path: String,
    /// Parameters of the query.
    pub query: Vec<Member>,
    /// Headers, their names in lower case.
    pub headers: Vec<Member>,
    /// Members of the form, if one was sent.
    pub form: Vec<Member>,
}

/// A name, and its value if that is no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// As it was sent.
    pub name: String,
    /// `None` for a secret.
    pub value: Option<String>,
}

impl Recorded {
    pub(crate) fn of(parts: &Parts, body: &[u8]) -> Self {
        Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parameters(parts.uri.query().unwrap_or_default().as_bytes()),
            headers: headers(&parts.headers),
            form: if is_form(&parts.headers) { parameters(body) } else { vec![] },
        }
    }

    /// The value of a form member that is no secret.
    #[must_use]
    pub fn form_value(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|member| member.name == name)?.value.as_deref()
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    content_type.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded")
}

fn parameters(encoded: &[u8]) -> Vec<Member> {
    let member = |(name, value): (String, String)| {
        let open = OPEN_PARAMETERS.contains(&name.as_str());
        Member { value: open.then_some(value), name }
    };
    form_urlencoded::parse(encoded).into_owned().map(member).collect()
}

fn headers(headers: &HeaderMap) -> Vec<Member> {
    let member = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        let open = !SECRET_HEADERS.contains(&name.as_str());
        Member { name: name.to_string(), value: open.then(|| String::from_utf8_lossy(value.as_bytes()).into_owned()) }
    };
    headers.iter().map(member).collect()
}
