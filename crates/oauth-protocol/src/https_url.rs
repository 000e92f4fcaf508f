//! The URL of something that this server may fetch: a client ID metadata document.

use url::{Host, Url};

use crate::host_name::has_dns_length;

/// The longest URL.
const MAX_LENGTH: usize = 1024;

/// An https URL in its normal form, on a host that has a name. The same text is compared, fetched and shown.
///
/// An IP address is refused as a host: a client would connect to it without resolving it, past the check of its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HttpsUrl {
    text: String,
    host: String,
}

/// Why a text is not such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct HttpsUrlError(pub &'static str);

impl HttpsUrl {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, HttpsUrlError> {
        if text.len() > MAX_LENGTH {
            return Err(HttpsUrlError("the URL has more than 1024 characters"));
        }
        let url = Url::parse(text).map_err(|_| HttpsUrlError("it is not a URL"))?;
        check(&url)?;
        if url.as_str() != text {
            return Err(HttpsUrlError("the URL is not in its normal form"));
        }
        let Some(Host::Domain(host)) = url.host() else {
            return Err(HttpsUrlError("the URL's host must be a name"));
        };
        if !host.contains('.') || host.ends_with('.') {
            return Err(HttpsUrlError("the URL's host must be a full name, without a dot at its end"));
        }
        if !has_dns_length(host) {
            return Err(HttpsUrlError("the URL's host is longer than a name in the DNS"));
        }
        Ok(Self { host: host.to_owned(), text: text.to_owned() })
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path and the query.
    pub(crate) fn path_and_query(&self) -> &str {
        let authority = self.text.get("https://".len()..).unwrap_or_default();
        authority.find('/').and_then(|at| authority.get(at..)).unwrap_or_default()
    }
}

fn check(url: &Url) -> Result<(), HttpsUrlError> {
    if url.scheme() != "https" {
        return Err(HttpsUrlError("the URL must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HttpsUrlError("the URL must not have a user name"));
    }
    if url.fragment().is_some() {
        return Err(HttpsUrlError("the URL must not have a fragment"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> &'static str {
        HttpsUrl::parse(text).unwrap_err().0
    }

    #[test]
    fn a_url_is_kept_as_it_is_written() {
        for (text, host, path) in [
            ("https://client.example/", "client.example", "/"),
            ("https://client.example/a/b.json?v=1", "client.example", "/a/b.json?v=1"),
            ("https://client.example:8443/a", "client.example", "/a"),
            ("https://xn--bcher-kva.example/%20", "xn--bcher-kva.example", "/%20"),
        ] {
            let url = HttpsUrl::parse(text).unwrap();
            assert_eq!((url.as_str(), url.host(), url.path_and_query()), (text, host, path));
        }
    }

    #[test]
    fn another_scheme_a_user_name_and_a_fragment_are_refused() {
        for text in
            ["http://client.example/a", "ftp://client.example/a", "data:application/json,{}", "file:///etc/passwd"]
        {
            assert_eq!(refused(text), "the URL must begin with https://", "{text}");
        }
        for text in ["https://u@client.example/a", "https://u:p@client.example/a", "https://:p@client.example/a"] {
            assert_eq!(refused(text), "the URL must not have a user name", "{text}");
        }
        assert_eq!(refused("https://client.example/a#b"), "the URL must not have a fragment");
        assert_eq!(refused("https://client.example/a#"), "the URL must not have a fragment");
    }

    /// Otherwise two texts would name one document, and what is fetched would not be what is compared.
    #[test]
    fn only_the_normal_form_is_accepted() {
        for text in [
            "https://CLIENT.example/a",
            "HTTPS://client.example/a",
            "https://client.example",
            "https://client.example:443/a",
            "https://client.example/a/../b",
            "https://client.example/./b",
            "https://client.example/%2e%2e/b",
            "https://client.example\\a",
            "https://client.example/a b",
            " https://client.example/a",
            "https://client.example/a\n",
            "https:client.example/a",
            "https://b\u{fc}cher.example/a",
            "https://client.example/\u{fc}",
        ] {
            assert_eq!(refused(text), "the URL is not in its normal form", "{text}");
        }
    }

    #[test]
    fn the_host_is_a_full_name() {
        for text in ["https://127.0.0.1/a", "https://[::1]/a", "https://20.1.2.3/a", "https://[2606:4700::1]/a"] {
            assert_eq!(refused(text), "the URL's host must be a name", "{text}");
        }
        for text in ["https://localhost/a", "https://metadata/a", "https://client.example./a"] {
            assert_eq!(refused(text), "the URL's host must be a full name, without a dot at its end", "{text}");
        }
    }

    #[test]
    fn a_host_is_no_longer_than_a_name_in_the_dns() {
        let url = |label: usize| format!("https://{}.example/a", "a".repeat(label));
        assert!(HttpsUrl::parse(&url(63)).is_ok());
        assert_eq!(refused(&url(64)), "the URL's host is longer than a name in the DNS");
    }

    #[test]
    fn a_text_that_is_no_url_and_an_endless_one_are_refused() {
        for text in ["", "client", "https://", "https://a b/", "//client.example/a", "https://client.example:port/a"] {
            assert_eq!(refused(text), "it is not a URL", "{text}");
        }
        let url = |length: usize| format!("https://client.example/{}", "a".repeat(length - 23));
        assert!(HttpsUrl::parse(&url(MAX_LENGTH)).is_ok());
        assert_eq!(refused(&url(MAX_LENGTH + 1)), "the URL has more than 1024 characters");
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_is_or_refused(text in "(https://)?([a-z.:@/?#%\\[\\]0-9]{0,30}|.*)") {
            if let Ok(url) = HttpsUrl::parse(&text) {
                prop_assert_eq!(url.as_str(), text.as_str());
                prop_assert!(url.path_and_query().starts_with('/'));
            }
        }
    }
}
