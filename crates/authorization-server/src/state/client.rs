//! A client: one that registered (RFC 7591 §2), or one that publishes its metadata.

use std::{borrow::Cow, collections::BTreeSet, iter};

use oauth_protocol::{
    client_id_url::ClientIdUrl,
    client_metadata::ClientMetadata,
    https_url::HttpsUrl,
    issuer::BaseUrl,
    redirect_uri::{RedirectKind, RedirectTarget, RedirectUri},
};
use time::{Duration, OffsetDateTime};

use super::{
    client_keys::{ClientKeys, FetchedKeys},
    former_hosts::{FormerHost, hosts_left_behind},
    visible_name::visible_name,
};
use crate::ground::{
    Id, Record,
    lifetimes::{UNUSED_DOCUMENT_LIFETIME, USED_CLIENT_LIFETIME},
};

/// A use is noted at most this often.
const NOTED_EVERY: Duration = Duration::days(1);

/// A client without a secret.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id` of a registration; the hash of the URL of a document.
    pub id: Id,
    /// Where its metadata is from.
    pub origin: Origin,
    /// The name that the client chose. It is not trusted, and is cleaned before it is shown.
    pub name: Option<String>,
    /// The redirect URIs.
    pub redirect_uris: Vec<RedirectUri>,
    /// `client_id_issued_at`, or the time of the first fetch.
    pub registered_at: OffsetDateTime,
    /// When a token was last issued to it, to the day; `None` if never.
    pub used_at: Option<OffsetDateTime>,
    /// On how many days a token was issued to it, about: it is counted with the write of `used_at`.
    pub days_used: u32,
    /// When the record expires.
    pub expires_at: OffsetDateTime,
}

/// Where the metadata of a client is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The client registered.
    Registration,
    /// The client publishes it.
    Document(Document),
}

/// A metadata document, as it was last fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its URL, which is the `client_id`.
    pub url: ClientIdUrl,
    /// When an authorization request fetches it again.
    pub fresh_until: OffsetDateTime,
    /// How the client authenticates; `None` for one that is only public.
    pub keys: Option<ClientKeys>,
    /// The https redirect hosts that it named before.
    pub former_hosts: Vec<FormerHost>,
}

/// A `client_id` that a client of this server may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientId {
    /// Of a registration.
    Registered(Id),
    /// The URL of a document.
    Document(ClientIdUrl),
}

impl ClientId {
    /// Reads a `client_id`; `None` if no client of this server can have it.
    #[must_use]
    pub fn parse(client_id: &str) -> Option<Self> {
        match ClientIdUrl::parse(client_id) {
            Ok(url) => Some(Self::Document(url)),
            Err(_) => Id::parse(client_id).map(Self::Registered),
        }
    }

    /// The key of the client's record.
    #[must_use]
    pub fn key(&self) -> Id {
        match self {
            Self::Registered(id) => *id,
            Self::Document(url) => Id::hash_of(&[url.as_str()]),
        }
    }
}

impl Record for Client {
    type Key = Id;
    fn key(&self) -> Id {
        self.id
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }
}

impl Client {
    /// The client of a document that was fetched now. It keeps the record of its use, and of the hosts that it had.
    pub(crate) fn published(
        mut document: Document,
        metadata: ClientMetadata,
        before: Option<&Self>,
        now: OffsetDateTime,
    ) -> Self {
        let keys_before = before.and_then(Self::keys);
        document.keys = document.keys.map(|keys| keys.or_those_of(keys_before));
        let left = |before: &Self| {
            hosts_left_behind(before.former_hosts(), &before.redirect_uris, &metadata.redirect_uris, now)
        };
        document.former_hosts = before.map(left).unwrap_or_default();
        let unused_until = now + UNUSED_DOCUMENT_LIFETIME;
        Self {
            id: ClientId::Document(document.url.clone()).key(),
            origin: Origin::Document(document),
            name: metadata.client_name,
            redirect_uris: metadata.redirect_uris,
            registered_at: before.map_or(now, |before| before.registered_at),
            used_at: before.and_then(|before| before.used_at),
            days_used: before.map_or(0, |before| before.days_used),
            expires_at: before.map_or(unused_until, |before| before.expires_at.max(unused_until)),
        }
    }

    /// Whether this is its `client_id`. The client of a document has its URL, never the key of its record.
    #[must_use]
    pub fn is_named(&self, client_id: &ClientId) -> bool {
        match (&self.origin, client_id) {
            (Origin::Registration, ClientId::Registered(id)) => self.id == *id,
            (Origin::Document(document), ClientId::Document(url)) => document.url == *url,
            (Origin::Registration | Origin::Document(_), _) => false,
        }
    }

    /// The document that it publishes.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        match &self.origin {
            Origin::Registration => None,
            Origin::Document(document) => Some(document),
        }
    }

    /// The https redirect hosts that its document named before.
    pub(super) fn former_hosts(&self) -> &[FormerHost] {
        self.document().map(|document| document.former_hosts.as_slice()).unwrap_or_default()
    }

    /// How it authenticates; `None` if it is only public.
    #[must_use]
    pub fn keys(&self) -> Option<&ClientKeys> {
        self.document()?.keys.as_ref()
    }

    /// The same client, with keys that were fetched now.
    #[must_use]
    pub fn with_keys(mut self, fetched: FetchedKeys) -> Self {
        if let Origin::Document(Document { keys: Some(keys), .. }) = &mut self.origin {
            keys.fetched = Some(fetched);
        }
        self
    }

    /// Whether an authorization request may use the metadata as it is: of a registration always, of a document while it is fresh.
    #[must_use]
    pub fn is_fresh(&self, now: OffsetDateTime) -> bool {
        self.document().is_none_or(|document| now < document.fresh_until)
    }

    /// The hash of what an owner allows by the metadata of a document: the name, and of a client with keys how it authenticates and
    /// where they are. A document can change, a registration cannot.
    #[must_use]
    pub fn metadata_hash(&self) -> Option<Id> {
        let name = self.name.as_deref().unwrap_or_default();
        Some(match &self.document()?.keys {
            None => Id::hash_of(&[name]),
            Some(keys) => Id::hash_of(&[name, keys.methods(), keys.url().map_or("", HttpsUrl::as_str)]),
        })
    }

    /// The registered URI that this one matches (RFC 8252 §7.3 for loopback ports), never an endpoint of our own.
    #[must_use]
    pub fn redirect_target(&self, requested: &str, base: &BaseUrl) -> Option<RedirectTarget> {
        let target = self.redirect_uris.iter().find_map(|registered| registered.matches(requested));
        target.filter(|target| !is_own(base, target))
    }

    /// The same for two registrations of one application, as far as anybody can tell: with the same name on a page and the same
    /// redirect URIs, whatever their ports. A client without a name, or with a document, is like no other.
    #[must_use]
    pub fn application_key(&self) -> Option<Id> {
        let name = visible_name(self.name.as_deref()).filter(|_| self.document().is_none())?;
        let uris: BTreeSet<Cow<'_, str>> = self.redirect_uris.iter().map(RedirectUri::without_free_port).collect();
        let texts: Vec<&str> = iter::once(name.as_str()).chain(uris.iter().map(AsRef::as_ref)).collect();
        Some(Id::hash_of(&texts))
    }

    /// The same client, expired now; `None` if it was used.
    #[must_use]
    pub fn ended_unused(&self, now: OffsetDateTime) -> Option<Self> {
        self.used_at.is_none().then(|| Self { expires_at: now, ..self.clone() })
    }

    /// The same client, used now; `None` if that is noted already.
    #[must_use]
    pub fn used(&self, now: OffsetDateTime) -> Option<Self> {
        let days_used = self.days_used.saturating_add(1);
        let used = || Self { used_at: Some(now), days_used, expires_at: now + USED_CLIENT_LIFETIME, ..self.clone() };
        (!self.use_is_noted(now)).then(used)
    }

    /// Whether a use now is noted already.
    #[must_use]
    pub fn use_is_noted(&self, now: OffsetDateTime) -> bool {
        self.used_at.is_some_and(|used_at| now - used_at < NOTED_EVERY)
    }
}

/// A loopback URI matches on every port, and one of them is this server's own, while it runs on a loopback address.
fn is_own(base: &BaseUrl, target: &RedirectTarget) -> bool {
    let port = |authority: &str| authority.rsplit(':').next().map(str::to_owned);
    base.is_loopback() && target.kind() == RedirectKind::Loopback && port(base.host()) == port(target.host())
}

#[cfg(test)]
pub(crate) mod example {
    use oauth_protocol::redirect_uri::PrivateUseSchemes;

    use super::*;

    /// A registration with these redirect URIs.
    pub(crate) fn registered(redirect_uris: &[&str]) -> Client {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        let uri = |uri: &&str| RedirectUri::parse(uri, &PrivateUseSchemes::default(), &base).unwrap();
        Client {
            id: Id::from_bytes([1; 16]),
            origin: Origin::Registration,
            name: None,
            redirect_uris: redirect_uris.iter().map(uri).collect(),
            registered_at: OffsetDateTime::UNIX_EPOCH,
            used_at: None,
            days_used: 0,
            expires_at: OffsetDateTime::UNIX_EPOCH,
        }
    }
}

#[cfg(test)]
mod tests {
    use oauth_protocol::{client_metadata_document::PublishedMetadata, redirect_uri::PrivateUseSchemes};
    use proptest::prelude::*;

    use super::*;

    const URL: &str = "https://client.example/client.json";
    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn published(name: &str, before: Option<&Client>, now: OffsetDateTime) -> Client {
        let text =
            format!(r#"{{"client_id":"{URL}","client_name":"{name}","redirect_uris":["https://client.example/"]}}"#);
        let (url, base) = (ClientIdUrl::parse(URL).unwrap(), BaseUrl::parse("https://mcp.example.com").unwrap());
        let read =
            PublishedMetadata::from_document(text.as_bytes(), &url, &PrivateUseSchemes::default(), &base).unwrap();
        let document = Document { url, fresh_until: now + Duration::HOUR, keys: None, former_hosts: Vec::new() };
        Client::published(document, read.metadata, before, now)
    }

    #[test]
    fn the_client_of_a_document_has_its_url_and_no_other_name() {
        let client = published("A", None, NOW);
        assert!(client.is_named(&ClientId::parse(URL).unwrap()));
        assert!(!client.is_named(&ClientId::parse("https://client.example/other.json").unwrap()));
        assert!(!client.is_named(&ClientId::Registered(client.id)), "not the key of its record");
        let registered = Client { origin: Origin::Registration, ..client };
        assert!(registered.is_named(&ClientId::Registered(registered.id)));
        assert!(!registered.is_named(&ClientId::parse(URL).unwrap()));
    }

    #[test]
    fn a_loopback_redirect_on_any_port_is_never_an_endpoint_of_our_own() {
        let base = BaseUrl::parse("http://127.0.0.1:7071").unwrap();
        let uri = RedirectUri::parse("http://127.0.0.1/authorize", &PrivateUseSchemes::default(), &base).unwrap();
        let client = Client { redirect_uris: vec![uri], ..published("A", None, NOW) };
        assert!(client.redirect_target("http://127.0.0.1:7072/authorize", &base).is_some());
        for own in ["http://127.0.0.1:7071/authorize", "http://localhost:7071/authorize"] {
            assert!(client.redirect_target(own, &base).is_none(), "{own}");
        }
    }

    #[test]
    fn a_client_id_is_a_url_or_the_id_of_a_registration() {
        for text in ["", "x", "http://client.example/a", "https://client.example/", "https://127.0.0.1/a"] {
            assert_eq!(ClientId::parse(text), None, "{text}");
        }
        assert!(matches!(ClientId::parse("AAAAAAAAAAAAAAAAAAAAAA"), Some(ClientId::Registered(_))));
    }

    #[test]
    fn only_a_document_grows_stale_and_can_change() {
        let client = published("A", None, NOW);
        assert!(client.is_fresh(NOW) && !client.is_fresh(NOW + Duration::HOUR));
        assert_ne!(client.metadata_hash(), published("B", None, NOW).metadata_hash());
        assert_eq!(client.metadata_hash(), published("A", None, NOW + Duration::DAY).metadata_hash());
        let registered = Client { origin: Origin::Registration, ..client };
        assert!(registered.is_fresh(NOW + Duration::weeks(5)) && registered.metadata_hash().is_none());
    }

    #[test]
    fn a_further_fetch_keeps_what_is_known_of_the_use() {
        let used = published("A", None, NOW).used(NOW).unwrap();
        let later = NOW + Duration::days(10);
        let again = published("B", Some(&used), later);
        assert_eq!((again.used_at, again.expires_at, again.registered_at), (used.used_at, used.expires_at, NOW));
        assert_eq!(published("A", None, later).expires_at, later + UNUSED_DOCUMENT_LIFETIME);
    }

    #[test]
    fn a_use_is_counted_once_a_day() {
        let used = published("A", None, NOW).used(NOW).unwrap();
        assert_eq!((used.days_used, used.used(NOW + NOTED_EVERY - Duration::SECOND).map(drop)), (1, None));
        let again = used.used(NOW + NOTED_EVERY).unwrap();
        assert_eq!((again.days_used, published("B", Some(&again), NOW).days_used), (2, 2));
    }

    #[test]
    fn two_documents_are_two_applications_whatever_their_names() {
        assert_eq!(published("A", None, NOW).application_key(), None);
    }

    fn registration(name: &str, uris: &[&str]) -> Client {
        Client { name: Some(name.to_owned()), ..example::registered(uris) }
    }

    /// Whether each URI of one matches one of the other, and the names look alike.
    fn are_alike(one: &Client, other: &Client) -> bool {
        let name = |client: &Client| visible_name(client.name.as_deref());
        let are_known = |uris: &[RedirectUri], known: &[RedirectUri]| {
            uris.iter().all(|uri| known.iter().any(|known| known.matches(uri.as_str()).is_some()))
        };
        name(one).is_some_and(|shown| Some(shown) == name(other))
            && are_known(&one.redirect_uris, &other.redirect_uris)
            && are_known(&other.redirect_uris, &one.redirect_uris)
    }

    fn uris() -> impl Strategy<Value = Vec<&'static str>> {
        let known = [
            "http://localhost:1/",
            "http://localhost:2/",
            "http://localhost/",
            "http://127.0.0.1:1/",
            "https://a.example:1/",
            "https://a.example:2/",
            "cursor://a",
        ];
        proptest::collection::vec(proptest::sample::select(known.to_vec()), 0..4)
    }

    fn name() -> impl Strategy<Value = &'static str> {
        proptest::sample::select(vec!["", "\u{200b}", "A", "\u{200b}A", "Ahttps://a.example:1/"])
    }

    proptest! {
        #[test]
        fn registrations_have_one_key_exactly_if_they_look_alike(names in (name(), name()), uris in (uris(), uris())) {
            let (one, other) = (registration(names.0, &uris.0), registration(names.1, &uris.1));
            let (key, other_key) = (one.application_key(), other.application_key());
            prop_assert_eq!(key.is_some() && key == other_key, are_alike(&one, &other));
        }
    }
}
