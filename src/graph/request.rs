//! A request to an API: a path, its query and its preferences.

use authorization_server::state::api::{Api, RegisteredApi};
use url::form_urlencoded::byte_serialize;

/// A GET of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    api: Api,
    path: String,
    query: String,
    prefer: Vec<String>,
}

impl Request {
    /// A request for the resource of Graph at this path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        Self { api: Api::Graph, path: path.to_owned(), query: String::new(), prefer: Vec::new() }
    }

    /// A request for the resource of another API at this path.
    #[must_use]
    pub fn to(api: &'static RegisteredApi, path: &str) -> Self {
        Self { api: Api::Registered(api), ..Self::of(path) }
    }

    /// The API.
    #[must_use]
    pub fn api(&self) -> Api {
        self.api
    }

    /// The same request, with another query parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(&encode(name));
        self.query.push('=');
        self.query.push_str(&encode(value));
        self
    }

    /// The same request, with another preference (RFC 7240).
    #[must_use]
    pub fn preferring(mut self, preference: String) -> Self {
        self.prefer.push(preference);
        self
    }

    /// The path without the query, which may hold what a person searches for and is not logged.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query, if there is one.
    pub(super) fn query(&self) -> Option<&str> {
        (!self.query.is_empty()).then_some(&*self.query)
    }

    /// The path with the query.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    /// The values of `Prefer`.
    pub(super) fn preferences(&self) -> impl Iterator<Item = &str> {
        self.prefer.iter().map(String::as_str)
    }
}

/// Percent-encoded. A space is `%20`: in a URL `+` means a space only in a form.
fn encode(text: &str) -> String {
    byte_serialize(text.as_bytes()).map(|part| if part == "+" { "%20" } else { part }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_encoded_and_is_not_part_of_the_path() {
        let request = Request::of("/v1.0/me/messages").with("$search", r#""a + b""#).with("$top", "10");
        assert_eq!(request.path(), "/v1.0/me/messages");
        assert_eq!(request.path_and_query(), "/v1.0/me/messages?%24search=%22a%20%2B%20b%22&%24top=10");
        assert_eq!(Request::of("/v1.0/me").path_and_query(), "/v1.0/me");
    }

    #[test]
    fn no_value_can_add_a_parameter() {
        for value in ["a&$top=1", "a#b", "a%26b", "ü?", "a\r\nb"] {
            let query = Request::of("/").with("$search", value).path_and_query();
            assert_eq!(query.matches(['&', '#', '?', '\r', '\n']).count(), 1, "{query}");
        }
    }
}
