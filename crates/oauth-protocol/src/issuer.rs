//! The issuer identifier (RFC 8414 §2), which is also the base of every public URL.

use url::Url;

/// The hosts that RFC 8252 §7.3 and §8.3 speak of.
pub(crate) const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// The public origin of the authorization server: https, or http on a loopback host; nothing behind the host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    issuer: String,
    url: Url,
}

/// Why text is no base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all.
    #[error("is not a URL such as https://mcp.example.com")]
    NotAUrl,
    /// http elsewhere, or another scheme.
    #[error("must begin with https://, or with http:// on 127.0.0.1, [::1] or localhost")]
    NotHttps,
    /// RFC 8414 §2: no query or fragment; and here no path or userinfo either.
    #[error("must be an origin: no user name, path, query or fragment")]
    NotAnOrigin,
    /// Clients compare issuers byte by byte, so only the normal form will do.
    #[error("is not in normal form; write it as {0}")]
    NotNormal(String),
}

impl BaseUrl {
    /// Reads an origin; one slash at the end is tolerated.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text).map_err(|_| BaseUrlError::NotAUrl)?;
        let loopback = url.host_str().is_some_and(|host| LOOPBACK_HOSTS.contains(&host));
        if !(url.scheme() == "https" || url.scheme() == "http" && loopback) {
            return Err(BaseUrlError::NotHttps);
        }
        let userinfo = !url.username().is_empty() || url.password().is_some();
        if userinfo || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::NotAnOrigin);
        }
        let issuer = url.origin().ascii_serialization();
        if text.strip_suffix('/').unwrap_or(text) == issuer {
            Ok(Self { issuer, url })
        } else {
            Err(BaseUrlError::NotNormal(issuer))
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
        self.url.host_str().is_some_and(|host| LOOPBACK_HOSTS.contains(&host))
    }

    /// Host, and port if it is not the scheme's own: what a `Host` header of ours says.
    #[must_use]
    pub fn host(&self) -> &str {
        self.issuer.split_once("://").map_or("", |(_, host)| host)
    }

    /// Whether a URL leads to this server, by whatever name: a dot at the end, or another name of the loopback.
    pub(crate) fn is_reached_by(&self, url: &Url) -> bool {
        let (Some(own), Some(host)) = (self.url.host_str(), url.host_str()) else { return false };
        let same_host = own.trim_end_matches('.') == host.trim_end_matches('.')
            || self.is_loopback() && LOOPBACK_HOSTS.contains(&host);
        same_host && self.url.port_or_known_default() == url.port_or_known_default()
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
        assert_eq!(BaseUrl::parse("https://mcp.example.com//"), Err(BaseUrlError::NotAnOrigin));
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
        for rest in ["/mcp", "/?", "?a=1", "/#", "#f"] {
            assert_eq!(BaseUrl::parse(&format!("https://a.example{rest}")), Err(BaseUrlError::NotAnOrigin), "{rest}");
        }
        for userinfo in ["u", "u:p", ":p"] {
            assert_eq!(BaseUrl::parse(&format!("https://{userinfo}@a.example")), Err(BaseUrlError::NotAnOrigin));
        }
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
            assert_eq!(error, BaseUrlError::NotNormal(right.to_owned()), "{text}");
            assert!(error.to_string().ends_with(right));
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
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
        assert!(reached("http://127.0.0.1:7071", "http://localhost:7071/"));
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
