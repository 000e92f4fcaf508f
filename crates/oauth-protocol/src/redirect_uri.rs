//! Redirect URIs (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1): the URIs that may be registered, and the requested URIs that match one.
//!
//! A [`RedirectUri`] is registered; a [`RedirectTarget`] is one that a request named and that matched. Answers go to
//! targets only, so an open redirector cannot be written.

mod check;
mod kind;
mod parts;
mod receiver;
mod schemes;
mod target;

use std::borrow::Cow;

use serde::Serialize;

use crate::issuer::BaseUrl;
use parts::Parts;

pub use self::{
    check::RedirectUriError,
    kind::RedirectKind,
    receiver::Receiver,
    schemes::{PrivateUseSchemes, SchemeError},
    target::RedirectTarget,
};

/// A redirect URI that a client registered, byte for byte. It cannot be deserialized, so that none comes from a request unchecked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Checks a redirect URI that a client wants to register.
    pub fn parse(text: &str, schemes: &PrivateUseSchemes, base: &BaseUrl) -> Result<Self, RedirectUriError> {
        check::check(text, schemes, base)?;
        Ok(Self(text.to_owned()))
    }

    /// A redirect URI that was checked before this server stored or sealed it.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The target that a request names, if it is this one: byte for byte (RFC 9700 §2.1), but for http on a loopback
    /// host with any port (RFC 8252 §7.3).
    #[must_use]
    pub fn matches(&self, requested: &str) -> Option<RedirectTarget> {
        let same = requested == self.0 || self.matches_but_for_the_port(requested) == Some(true);
        same.then(|| RedirectTarget::matched(requested))
    }

    fn matches_but_for_the_port(&self, requested: &str) -> Option<bool> {
        Some(Parts::split(&self.0)?.same_but_for_the_port(&Parts::split(requested)?))
    }

    /// The URI, but for the port of a loopback host (RFC 8252 §7.3). It is the same for URIs that match each other, and for no
    /// others.
    #[must_use]
    pub fn without_free_port(&self) -> Cow<'_, str> {
        let without = Parts::split(&self.0).and_then(|parts| parts.without_free_port());
        without.map_or(Cow::Borrowed(self.0.as_str()), Cow::Owned)
    }

    /// The host without its port, or the scheme if it is a private-use one.
    #[must_use]
    pub fn host(&self) -> &str {
        kind::host(&self.0)
    }

    /// The URI as it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn registered(text: &str) -> RedirectUri {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        RedirectUri::parse(text, &PrivateUseSchemes::default(), &base).unwrap()
    }

    fn matches(text: &str, requested: &str) -> bool {
        registered(text).matches(requested).is_some()
    }

    #[test]
    fn a_uri_matches_itself() {
        for text in [
            "https://client.example/cb?x=1",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "http://127.0.0.1/",
            "http://[::1]:3000/cb",
        ] {
            assert_eq!(registered(text).matches(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn nothing_but_the_exact_bytes_matches_https() {
        let other = [
            "https://client.example/cb?extra=1",
            "https://client.example/cb/",
            "https://client.example/cb/more",
            "https://client.example/CB",
            "https://CLIENT.example/cb",
            "https://client.example:443/cb",
            "https://client.example:8443/cb",
            "https://user@client.example/cb",
            "https://client.example/cb#fragment",
            "https://client.example/x/../cb",
            "https://client.example/%2e%2e/cb",
            "https://client.example/%63b",
            "https://client.example/%2563b",
            "https://client.example./cb",
            "https://cl\u{456}ent.example/cb",
            "https://client.example.evil.com/cb",
            "https://client.example/cb ",
            " https://client.example/cb",
            "http://client.example/cb",
            "",
        ];
        for requested in other {
            assert!(!matches("https://client.example/cb", requested), "{requested}");
        }
    }

    #[test]
    fn on_the_loopback_the_port_is_free() {
        for host in ["127.0.0.1", "[::1]", "localhost"] {
            for port in ["", ":1", ":3000", ":65535"] {
                for other in ["", ":1", ":49152", ":65535"] {
                    let (own, requested) =
                        (format!("http://{host}{port}/cb?a=1"), format!("http://{host}{other}/cb?a=1"));
                    assert_eq!(registered(&own).matches(&requested).unwrap().as_str(), requested);
                }
            }
        }
    }

    #[test]
    fn on_the_loopback_everything_but_the_port_is_exact() {
        let other = [
            "http://localhost:3000/cb",
            "http://[::1]:3000/cb",
            "https://127.0.0.1:3000/cb",
            "http://127.0.0.1:3000/cb/",
            "http://127.0.0.1:3000/CB",
            "http://127.0.0.1:3000/",
            "http://127.0.0.1:3000",
            "http://127.0.0.1:3000/cb?x",
            "http://127.0.0.1:3000/cb#x",
            "http://127.0.0.1:3000/./cb",
            "http://127.0.0.1:3000//cb",
            "http://127.1:3000/cb",
            "http://127.0.0.1.evil.com/cb",
            "http://127.0.0.1@evil.com/cb",
            "http://127.0.0.1:3000@evil.com/cb",
            "http://evil.com\\@127.0.0.1/cb",
            "http://user@127.0.0.1:3000/cb",
            "HTTP://127.0.0.1:3000/cb",
        ];
        for requested in other {
            assert!(!matches("http://127.0.0.1/cb", requested), "{requested}");
        }
        assert!(!matches("http://localhost/cb", "http://localhost.evil.com/cb"));
    }

    #[test]
    fn a_port_that_is_no_port_does_not_match() {
        for port in [":", ":0", ":080", ":65536", ":99999999999999999999", ":+80", ":8 0", ":80:80", ":a", ":\u{663}"] {
            assert!(!matches("http://127.0.0.1/cb", &format!("http://127.0.0.1{port}/cb")), "{port}");
        }
    }

    #[test]
    fn the_port_is_free_nowhere_else() {
        assert!(!matches("https://localhost:3000/cb", "https://localhost:3001/cb"));
        assert!(!matches("cursor://localhost:1/cb", "cursor://localhost:2/cb"));
    }

    #[test]
    fn it_is_stored_as_it_was_given() {
        let uri = registered("http://127.0.0.1:3000/cb?a=%2F");
        let json = serde_json::to_string(&uri).unwrap();
        assert_eq!(json, r#""http://127.0.0.1:3000/cb?a=%2F""#);
        assert_eq!(RedirectUri::stored(serde_json::from_str(&json).unwrap()), uri);
    }

    #[test]
    fn two_registered_ones_are_the_same_but_for_the_port_of_a_loopback_host() {
        let same =
            |one: &str, other: &str| registered(one).without_free_port() == registered(other).without_free_port();
        assert!(same("https://client.example/cb", "https://client.example/cb"));
        assert!(same("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"));
        assert!(!same("https://client.example:1/cb", "https://client.example:2/cb"));
        assert!(!same("http://127.0.0.1:1/cb", "http://127.0.0.1:1/other"));
    }

    #[test]
    fn its_host_has_no_port_and_a_private_use_scheme_stands_for_one() {
        for (text, host) in [
            ("https://client.example/cb", "client.example"),
            ("http://127.0.0.1:3000/cb", "127.0.0.1"),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor"),
        ] {
            assert_eq!(registered(text).host(), host);
        }
    }

    #[test]
    fn only_a_web_uri_of_this_machine_is_a_loopback_receiver() {
        let kind = |text: &str| registered(text).matches(text).unwrap().kind();
        assert_eq!(kind("http://localhost/cb"), RedirectKind::Loopback);
        assert_eq!(kind("https://localhost/cb"), RedirectKind::Loopback);
        assert_eq!(kind("https://client.example/cb"), RedirectKind::Https);
        assert_eq!(kind("cursor://localhost/cb"), RedirectKind::PrivateUse);
    }

    proptest! {
        #[test]
        fn those_that_match_each_other_are_the_same_without_their_ports(
            one in "(http|https|cursor)://(127\\.0\\.0\\.1|127\\.1|localhost|\\[::1\\])(:[12]|:|:0)?(/a?)?(\\?:1)?",
            other in "(http|https|cursor)://(127\\.0\\.0\\.1|127\\.1|localhost|\\[::1\\])(:[12]|:|:0)?(/a?)?(\\?:1)?",
        ) {
            let (one, other) = (RedirectUri::stored(one), RedirectUri::stored(other));
            let same = one.without_free_port() == other.without_free_port();
            prop_assert_eq!(same, one.matches(other.as_str()).is_some());
            prop_assert_eq!(same, other.matches(one.as_str()).is_some());
        }

        #[test]
        fn only_https_itself_matches_https(requested in "https://client\\.example[:/?#@.a-z0-9%\\\\]{0,12}|.*") {
            prop_assert_eq!(matches("https://client.example/cb", &requested), requested == "https://client.example/cb");
        }

        #[test]
        fn every_port_matches_on_the_loopback(own in 1..=65_535_u16, requested in 1..=65_535_u16) {
            let uri = |port| format!("http://127.0.0.1:{port}/cb");
            let target = registered(&uri(own)).matches(&uri(requested)).unwrap();
            prop_assert_eq!(target.as_str(), uri(requested));
        }

        #[test]
        fn a_match_on_the_loopback_leads_to_the_same_host_and_path(requested in "http://127\\.0\\.0\\.1[:/?#@.0-9a-c\\\\]{0,12}") {
            if matches("http://127.0.0.1/cb", &requested) {
                let url = url::Url::parse(&requested).unwrap();
                prop_assert_eq!((url.host_str(), url.path(), url.query()), (Some("127.0.0.1"), "/cb", None));
                prop_assert!(url.username().is_empty() && url.fragment().is_none());
            }
        }
    }
}
