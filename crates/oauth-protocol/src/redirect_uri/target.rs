//! The target of an answer.

use serde::Serialize;

use super::{
    kind::{RedirectKind, host, kind},
    receiver::Receiver,
};

/// A redirect URI that a request named and that matched a registered one. Only [`super::RedirectUri::matches`] makes one; it
/// cannot be deserialized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RedirectTarget(String);

impl RedirectTarget {
    /// The receiver, which an approval remembers.
    #[must_use]
    pub fn receiver(&self) -> Receiver {
        Receiver::behind(&self.0)
    }

    pub(super) fn matched(requested: &str) -> Self {
        Self(requested.to_owned())
    }

    /// The URI, as the request named it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that the consent page shows large: host and port, or the scheme if it is a private-use one.
    #[must_use]
    pub fn host(&self) -> &str {
        let (scheme, after) = self.0.split_once(':').unwrap_or((&self.0, ""));
        match self.kind() {
            RedirectKind::PrivateUse => scheme,
            RedirectKind::Https | RedirectKind::Loopback => {
                after.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default()
            }
        }
    }

    /// The same without the port, which a program on this computer chooses anew each time.
    #[must_use]
    pub fn host_without_port(&self) -> &str {
        host(&self.0)
    }

    /// How far it proves who receives the answer.
    #[must_use]
    pub fn kind(&self) -> RedirectKind {
        kind(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> RedirectTarget {
        RedirectTarget::matched(text)
    }

    #[test]
    fn the_host_that_is_shown_has_its_port() {
        assert_eq!(target("https://client.example/cb").host(), "client.example");
        assert_eq!(target("https://client.example:8443?x").host(), "client.example:8443");
        assert_eq!(target("http://[::1]:3000/cb").host(), "[::1]:3000");
    }

    #[test]
    fn a_private_use_scheme_stands_for_its_host() {
        assert_eq!(target("cursor://claude.ai/callback").host(), "cursor");
        assert_eq!(target("com.example.app:/cb").host(), "com.example.app");
    }

    #[test]
    fn the_host_without_its_port_is_the_same_for_every_port() {
        for (uri, host) in [
            ("https://client.example:8443/cb", "client.example"),
            ("http://[::1]:3000/cb", "[::1]"),
            ("cursor://claude.ai:1/callback", "cursor"),
            ("com.example.app:/cb", "com.example.app"),
        ] {
            assert_eq!(target(uri).host_without_port(), host, "{uri}");
        }
    }

    #[test]
    fn every_name_of_this_machine_is_loopback_and_no_other_host() {
        for (host, kind) in [
            ("127.0.0.1", RedirectKind::Loopback),
            ("a.localhost", RedirectKind::Loopback),
            ("[::ffff:127.0.0.1]", RedirectKind::Loopback),
            ("localhost.evil.com", RedirectKind::Https),
        ] {
            assert_eq!(target(&format!("https://{host}:1/cb")).kind(), kind, "{host}");
        }
    }

    #[test]
    fn a_private_use_scheme_is_no_loopback_whatever_its_host() {
        assert_eq!(target("cursor://localhost/cb").kind(), RedirectKind::PrivateUse);
        assert_eq!(target("vscode:/cb").kind(), RedirectKind::PrivateUse);
    }

    #[test]
    fn it_is_sealed_as_one_string() {
        let sealed = serde_json::to_string(&target("https://client.example/cb")).unwrap();
        assert_eq!(sealed, r#""https://client.example/cb""#);
    }
}
