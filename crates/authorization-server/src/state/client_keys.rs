//! The public keys of a client that publishes itself, as they are known here.

use oauth_protocol::{
    client_assertion::ClientAssertion,
    https_url::HttpsUrl,
    json_web_key::{KeySet, PublicKey},
    private_key_jwt::{PRIVATE_KEY_JWT, PrivateKeyJwt, PublishedKeys},
};
use time::{Duration, OffsetDateTime};

/// An unknown key causes a fetch, but no more often than this.
const FETCHED_EVERY: Duration = Duration::minutes(5);

/// How a client authenticates by its key, and the keys that were fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKeys {
    /// The declaration in its document.
    pub declared: PrivateKeyJwt,
    /// The keys of its `jwks_uri`, if they were ever fetched.
    pub fetched: Option<FetchedKeys>,
}

/// A key set, as it was last fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedKeys {
    /// The keys.
    pub keys: KeySet,
    /// The time of the fetch.
    pub at: OffsetDateTime,
}

impl ClientKeys {
    /// The same, with the keys that were fetched from the same URL before, if none were fetched now.
    pub(crate) fn or_those_of(mut self, before: Option<&Self>) -> Self {
        let same = before.filter(|before| before.declared.keys == self.declared.keys);
        self.fetched = self.fetched.or_else(|| same.and_then(|before| before.fetched.clone()));
        self
    }

    /// The key that an assertion names, if it is known.
    #[must_use]
    pub fn known(&self, assertion: &ClientAssertion) -> Option<&PublicKey> {
        let keys = match &self.declared.keys {
            PublishedKeys::Inline(keys) => keys,
            PublishedKeys::At(_) => &self.fetched.as_ref()?.keys,
        };
        keys.fitting(assertion.algorithm(), assertion.kid())
    }

    /// Where a key that is not known can be fetched now.
    #[must_use]
    pub fn to_fetch(&self, now: OffsetDateTime) -> Option<&HttpsUrl> {
        let rests = self.fetched.as_ref().is_some_and(|fetched| now < fetched.at + FETCHED_EVERY);
        self.url().filter(|_| !rests)
    }

    /// `jwks_uri`.
    #[must_use]
    pub fn url(&self) -> Option<&HttpsUrl> {
        match &self.declared.keys {
            PublishedKeys::Inline(_) => None,
            PublishedKeys::At(url) => Some(url),
        }
    }

    /// The methods of authentication, as a text that changes with them.
    pub(crate) fn methods(&self) -> &'static str {
        if self.declared.required { PRIVATE_KEY_JWT } else { "none private_key_jwt" }
    }
}
