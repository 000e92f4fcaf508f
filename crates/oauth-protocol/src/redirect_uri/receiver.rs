//! The receiver of an answer, as an approval remembers it.

use serde::{Deserialize, Serialize};

use super::{kind, parts::Parts};

/// The receiver behind a redirect target. It is for comparison: no answer can be sent to it, so it may be read from a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receiver(String);

impl Receiver {
    pub(super) fn behind(target: &str) -> Self {
        Self(target.to_owned())
    }

    /// Whether both are the same receiver: equal, or on a loopback host equal but for the port (RFC 8252 §7.3).
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let parts = Parts::split(&self.0).zip(Parts::split(&other.0));
        self == other || parts.is_some_and(|(own, other)| own.same_but_for_the_port(&other))
    }

    /// Its host; of a private-use URI its scheme.
    #[must_use]
    pub fn host(&self) -> &str {
        kind::host(&self.0)
    }

    /// The redirect URI, for the log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_are_the_same_whatever_port_the_loopback_has_and_otherwise_exactly() {
        let same = |one, other| Receiver::behind(one).is_same(&Receiver::behind(other));
        assert!(same("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"));
        assert!(same("cursor://x/cb", "cursor://x/cb"));
        assert!(!same("http://127.0.0.1:1/cb", "http://localhost:1/cb"));
        assert!(!same("http://127.0.0.1:1/cb", "http://127.0.0.1:1/cb?x"));
        assert!(!same("https://a.example:1/cb", "https://a.example:2/cb"));
    }

    #[test]
    fn its_host_is_that_of_its_uri_and_of_a_private_use_uri_the_scheme() {
        let uris = ["https://a.example:8443/cb", "http://127.0.0.1:1/cb", "cursor://x/cb"].map(Receiver::behind);
        assert_eq!(uris.each_ref().map(Receiver::host), ["a.example", "127.0.0.1", "cursor"]);
    }

    #[test]
    fn being_the_same_holds_both_ways() {
        let uris =
            ["http://127.0.0.1:1/cb", "http://127.0.0.1/cb", "http://[::1]:1/cb", "https://a.example/cb", "cursor://x"];
        for one in uris {
            assert!(Receiver::behind(one).is_same(&Receiver::behind(one)), "{one}");
            for other in uris {
                let (one, other) = (Receiver::behind(one), Receiver::behind(other));
                assert_eq!(one.is_same(&other), other.is_same(&one), "{} {}", one.as_str(), other.as_str());
            }
        }
    }

    #[test]
    fn it_is_stored_as_its_uri() {
        let stored = serde_json::to_string(&Receiver::behind("http://127.0.0.1:1/cb")).unwrap();
        assert_eq!(stored, r#""http://127.0.0.1:1/cb""#);
        assert_eq!(serde_json::from_str::<Receiver>(&stored).unwrap().as_str(), "http://127.0.0.1:1/cb");
    }
}
