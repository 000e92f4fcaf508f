//! The client identifier URL (draft-ietf-oauth-client-id-metadata-document-02 §3).

use crate::https_url::{HttpsUrl, HttpsUrlError};

/// A `client_id` that is the URL of the client's metadata document. Two of them name one client only if their texts are equal
/// (§3, RFC 3986 §6.2.1).
///
/// Stricter than the draft: a query and the path `/` are refused (§3 advises clients against both), as is every form but the
/// normal one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientIdUrl(HttpsUrl);

impl ClientIdUrl {
    /// Reads a `client_id`.
    pub fn parse(client_id: &str) -> Result<Self, HttpsUrlError> {
        let url = HttpsUrl::parse(client_id)?;
        if url.path_and_query() == "/" {
            return Err(HttpsUrlError("the URL must have a path"));
        }
        if url.path_and_query().contains('?') {
            return Err(HttpsUrlError("the URL must not have a query"));
        }
        Ok(Self(url))
    }

    /// The `client_id`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, which the consent page shows.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// The same, to be fetched.
    #[must_use]
    pub fn url(&self) -> &HttpsUrl {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urls_of_known_clients_are_read() {
        for (text, host) in [
            ("https://vscode.dev/oauth/client-metadata.json", "vscode.dev"),
            ("https://claude.ai/oauth/mcp-oauth-client-metadata", "claude.ai"),
            ("https://chatgpt.com/oauth/client.json", "chatgpt.com"),
        ] {
            let url = ClientIdUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.host(), url.url().as_str()), (text, host, text));
        }
    }

    #[test]
    fn a_path_is_needed_and_a_query_refused() {
        let refused = |text| ClientIdUrl::parse(text).unwrap_err().0;
        assert_eq!(refused("https://client.example/"), "the URL must have a path");
        for text in ["https://client.example/a?b", "https://client.example/a?", "https://client.example/?a"] {
            assert_eq!(refused(text), "the URL must not have a query", "{text}");
        }
    }

    /// draft §3, and every rule of [`HttpsUrl`].
    #[test]
    fn a_url_that_may_not_be_fetched_is_no_client_id() {
        for text in ["http://client.example/a", "https://client.example/a/../b", "https://127.0.0.1/a", "client"] {
            assert_eq!(ClientIdUrl::parse(text).unwrap_err(), HttpsUrl::parse(text).unwrap_err());
        }
    }
}
