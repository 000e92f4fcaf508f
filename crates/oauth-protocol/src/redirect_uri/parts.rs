//! A URI cut into its parts as they are written: nothing is decoded, lowered or resolved.

use crate::loopback::is_loopback;

/// `scheme://host[:port]rest`.
pub(super) struct Parts<'a> {
    pub(super) scheme: &'a str,
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    /// Path, query and fragment.
    pub(super) rest: &'a str,
}

impl<'a> Parts<'a> {
    /// The parts of a URI; `None` if it has no `//`, has userinfo, or has a port that is no number.
    pub(super) fn split(text: &'a str) -> Option<Self> {
        let (scheme, after) = text.split_once("://")?;
        let (authority, rest) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
        if authority.contains('@') {
            return None;
        }
        let (host, port) = split_port(authority)?;
        Some(Self { scheme, host, port, rest })
    }

    /// RFC 8252 §7.3: for http on a loopback host the authorization server must allow any port.
    fn any_port(&self) -> bool {
        self.scheme == "http" && self.has_loopback_host()
    }

    /// Whether both are http on one loopback host, and equal but for the port.
    pub(super) fn same_but_for_the_port(&self, other: &Parts<'_>) -> bool {
        self.any_port() && self.scheme == other.scheme && self.host == other.host && self.rest == other.rest
    }

    /// The URI without the port that RFC 8252 §7.3 leaves free; `None` if its port counts.
    pub(super) fn without_free_port(&self) -> Option<String> {
        self.any_port().then(|| format!("{}://{}{}", self.scheme, self.host, self.rest))
    }

    /// RFC 8252 §8.3: whether plain http may be used.
    pub(super) fn has_loopback_host(&self) -> bool {
        is_loopback(self.host)
    }

    /// The path; an empty one of http or https counts as `/`.
    pub(super) fn path(&self) -> &'a str {
        let path = self.rest.split(['?', '#']).next().unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let bracket = if authority.starts_with('[') { authority.find(']')? } else { 0 };
    let (_, behind) = authority.split_at(bracket);
    match behind.find(':') {
        None => Some((authority, None)),
        Some(colon) => {
            let (host, port) = authority.split_at(bracket + colon);
            Some((host, Some(parse_port(port.strip_prefix(':')?)?)))
        }
    }
}

/// Digits without a leading zero, 1 to 65535.
fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Option<(&str, &str, Option<u16>, &str)> {
        Parts::split(text).map(|parts| (parts.scheme, parts.host, parts.port, parts.rest))
    }

    #[test]
    fn a_uri_is_cut_as_it_is_written() {
        assert_eq!(split("https://A.example/p?q#f"), Some(("https", "A.example", None, "/p?q#f")));
        assert_eq!(split("http://[::1]:80?q"), Some(("http", "[::1]", Some(80), "?q")));
        assert_eq!(split("http://[1::]/"), Some(("http", "[1::]", None, "/")));
        assert_eq!(split("cursor://host"), Some(("cursor", "host", None, "")));
        assert_eq!(split("http:///x"), Some(("http", "", None, "/x")));
    }

    #[test]
    fn userinfo_and_false_ports_are_not_cut() {
        for text in [
            "http://a@b/",
            "http://a:b@c/",
            "http://a:/",
            "http://a:0/",
            "http://[::1/",
            "http://a:1:2/",
            "mailto:a",
            "",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    #[test]
    fn text_between_bracket_and_colon_belongs_to_the_host() {
        assert_eq!(split("http://[::1]x:1/"), Some(("http", "[::1]x", Some(1), "/")));
    }

    #[test]
    fn an_empty_path_is_the_root() {
        let path = |text| Parts::split(text).unwrap().path();
        assert_eq!((path("http://a"), path("http://a?q"), path("http://a/b?c/d")), ("/", "/", "/b"));
    }

    proptest! {
        #[test]
        fn any_text_is_cut_or_refused(text in ".*(://)?.*\\PC{0,9}[:@\\[\\]/?#]?.*") {
            let _ = split(&text);
        }

        #[test]
        fn a_cut_uri_agrees_with_the_url_standard(text in "https?://(\\[::1\\]|[a-z]{1,5}(\\.[a-z]{2})?)(:[1-9][0-9]{0,3})?(/[a-z/]{0,5})?(\\?[a-z]{0,3})?") {
            let (url, parts) = (url::Url::parse(&text).unwrap(), Parts::split(&text).unwrap());
            let default = if parts.scheme == "http" { 80 } else { 443 };
            prop_assert_eq!(url.host_str(), Some(parts.host));
            prop_assert_eq!(url.port_or_known_default(), parts.port.or(Some(default)));
            prop_assert_eq!(url.path(), parts.path());
        }
    }
}
