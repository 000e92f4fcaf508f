//! The issuer identifier (RFC 8414 §2), which is also the base of every public URL.

use url::Url;

use crate::loopback::{has_loopback_host, is_this_machine};

/// The public origin of the authorization server: https, or http on a loopback host; nothing behind the host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    issuer: String,
    host: String,
    port: Option<u16>,
    is_loopback: bool,
}

/// Why text is not a base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all.
    #[error("is not a URL such as https://mcp.example.com")]
    NotAUrl,
    /// http elsewhere, or another scheme.
    #[error("must begin with https://, or with http:// on 127.0.0.1, [::1] or localhost")]
    NotHttps,
    /// RFC 8414 §2: no query or fragment; and here no path or userinfo either. The origin of the URL would be one.
    #[error("must be an origin: no user name, path, query or fragment; write it as {}", .0.issuer)]
    NotAnOrigin(Box<BaseUrl>),
    /// Clients compare issuers byte by byte, so only the normal form is accepted.
    #[error("is not in normal form; write it as {}", .0.issuer)]
    NotNormal(Box<BaseUrl>),
}

impl BaseUrlError {
    /// Whether the faulty URL is meant for clients elsewhere.
    #[must_use]
    pub fn is_public(&self) -> bool {
        match self {
            Self::NotAUrl => false,
            Self::NotHttps => true,
            Self::NotAnOrigin(origin) | Self::NotNormal(origin) => !origin.is_loopback(),
        }
    }
}

impl BaseUrl {
    /// Reads an origin; one slash at the end is tolerated.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text).map_err(|_| BaseUrlError::NotAUrl)?;
        let is_loopback = has_loopback_host(&url);
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback) {
            return Err(BaseUrlError::NotHttps);
        }
        let userinfo = !url.username().is_empty() || url.password().is_some();
        let is_origin = !userinfo && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default();
        let base = Self { issuer: url.origin().ascii_serialization(), host, port, is_loopback };
        if !is_origin {
            Err(BaseUrlError::NotAnOrigin(base.into()))
        } else if text.strip_suffix('/').unwrap_or(text) == base.issuer {
            Ok(base)
        } else {
            Err(BaseUrlError::NotNormal(base.into()))
        }
    }

    /// The issuer identifier: no slash at the end, byte-identical wherever it appears.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of a path of ours.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}/{}", self.issuer, path.strip_prefix('/').unwrap_or(path))
    }

    /// Whether only this machine can reach it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Host, and port if it is not the scheme's own: what a `Host` header of ours says.
    #[must_use]
    pub fn host(&self) -> &str {
        self.issuer.split_once("://").map_or("", |(_, host)| host)
    }

    /// Whether a URL leads to this server, by whatever name: a dot at the end, or another name of the loopback.
    pub(crate) fn is_reached_by(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let same_host = self.host.trim_end_matches('.') == host.trim_end_matches('.')
            || self.is_loopback() && is_this_machine(host);
        same_host && self.port == url.port_or_known_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_https_origin_is_its_own_issuer() {
        for text in
            ["https://mcp.example.com", "https://mcp.example.com:8443", "https://203.0.113.7", "https://[2001:db8::1]"]
        {
            assert_eq!(BaseUrl::parse(text).unwrap().issuer(), text);
        }
    }

    #[test]
    fn one_slash_at_the_end_is_tolerated_and_dropped() {
        assert_eq!(BaseUrl::parse("https://mcp.example.com/").unwrap().issuer(), "https://mcp.example.com");
        assert!(matches!(BaseUrl::parse("https://mcp.example.com//"), Err(BaseUrlError::NotAnOrigin(_))));
    }

    #[test]
    fn plain_http_is_for_the_loopback_only() {
        for text in ["http://127.0.0.1:7071", "http://[::1]:7071", "http://localhost:7071", "http://localhost"] {
            assert!(BaseUrl::parse(text).unwrap().is_loopback(), "{text}");
        }
        for text in [
            "http://mcp.example.com",
            "http://localhost.evil.com",
            "http://127.0.0.2",
            "http://0.0.0.0",
            "ftp://a",
            "data:,",
        ] {
            assert_eq!(BaseUrl::parse(text), Err(BaseUrlError::NotHttps), "{text}");
        }
    }

    #[test]
    fn whatever_is_more_than_an_origin_is_refused() {
        let origin = BaseUrlError::NotAnOrigin(BaseUrl::parse("https://a.example").unwrap().into());
        for rest in ["/mcp", "/?", "?a=1", "/#", "#f"] {
            assert_eq!(BaseUrl::parse(&format!("https://a.example{rest}")), Err(origin.clone()), "{rest}");
        }
        for userinfo in ["u", "u:p", ":p"] {
            assert_eq!(BaseUrl::parse(&format!("https://{userinfo}@a.example")), Err(origin.clone()), "{userinfo}");
        }
        assert!(origin.to_string().ends_with("write it as https://a.example"));
    }

    #[test]
    fn another_than_the_normal_form_is_refused_with_the_right_one() {
        let normal = [
            ("https://MCP.example.com", "https://mcp.example.com"),
            ("HTTPS://a.example", "https://a.example"),
            ("https://a.example:443", "https://a.example"),
            (" https://a.example", "https://a.example"),
            ("https://a.example\\", "https://a.example"),
            ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example"),
            ("http://127.1:80", "http://127.0.0.1"),
        ];
        for (text, right) in normal {
            let error = BaseUrl::parse(text).unwrap_err();
            assert_eq!(error, BaseUrlError::NotNormal(BaseUrl::parse(right).unwrap().into()), "{text}");
            assert!(error.to_string().ends_with(right));
        }
    }

    #[test]
    fn a_faulty_url_is_public_unless_its_host_is_loopback_or_missing() {
        for (text, public) in [
            ("http://mcp.example.com", true),
            ("https://mcp.example.com/mcp", true),
            ("https://MCP.example.com", true),
            ("https://localhost.evil.com/", true),
            ("http://127.0.0.1:7071/mcp", false),
            ("http://LOCALHOST", false),
            ("mcp.example.com", false),
        ] {
            let public_of = |text| match BaseUrl::parse(text) {
                Ok(base) => !base.is_loopback(),
                Err(error) => error.is_public(),
            };
            assert_eq!(public_of(text), public, "{text}");
        }
    }

    #[test]
    fn text_that_is_not_a_url_is_refused() {
        for text in ["", "mcp.example.com", "https://", "/", "https://a b"] {
            assert_eq!(BaseUrl::parse(text), Err(BaseUrlError::NotAUrl), "{text}");
        }
    }

    #[test]
    fn paths_are_joined_with_one_slash() {
        let base = BaseUrl::parse("https://mcp.example.com/").unwrap();
        assert_eq!(base.join("/token"), "https://mcp.example.com/token");
        assert_eq!(base.join("token"), "https://mcp.example.com/token");
    }

    #[test]
    fn the_host_has_its_port() {
        assert_eq!(BaseUrl::parse("http://127.0.0.1:7071").unwrap().host(), "127.0.0.1:7071");
        assert_eq!(BaseUrl::parse("https://mcp.example.com").unwrap().host(), "mcp.example.com");
    }

    #[test]
    fn it_is_recognised_by_its_other_names() {
        let reached = |base: &str, url: &str| BaseUrl::parse(base).unwrap().is_reached_by(&Url::parse(url).unwrap());
        assert!(reached("https://a.example", "https://a.example./token"));
        assert!(reached("https://a.example", "https://a.example:443/token"));
        for host in ["localhost", "localhost.", "a.localhost", "127.0.0.2", "0.0.0.0", "[::ffff:127.0.0.1]"] {
            assert!(reached("http://127.0.0.1:7071", &format!("http://{host}:7071/")), "{host}");
        }
        assert!(!reached("https://a.example", "https://a.example:8443/"));
        assert!(!reached("http://127.0.0.1:7071", "http://127.0.0.1:7072/"));
        assert!(!reached("https://a.example", "https://b.example/"));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in ".*") {
            let _ = BaseUrl::parse(&text);
        }

        #[test]
        fn an_issuer_is_its_own_base_url(text in "https://[a-z]{1,9}(\\.[a-z]{2,5})?(:[1-9][0-9]{2,3})?/?") {
            if let Ok(base) = BaseUrl::parse(&text) {
                let again = BaseUrl::parse(base.issuer()).unwrap();
                prop_assert_eq!(again.issuer(), base.issuer());
                prop_assert!(!base.issuer().ends_with('/'));
            }
        }
    }
}
