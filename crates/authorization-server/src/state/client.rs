//! A registered client (RFC 7591 §2).

use oauth_protocol::{
    issuer::BaseUrl,
    redirect_uri::{RedirectKind, RedirectTarget, RedirectUri},
};
use time::{Duration, OffsetDateTime};

use super::visible_name::visible_name;
use crate::ground::{Id, Record, lifetimes::USED_CLIENT_LIFETIME};

/// A use is noted at most this often.
const NOTED_EVERY: Duration = Duration::days(1);

/// A public client: no secret, only redirect URIs.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: Id,
    /// The name that the client chose. It is not trusted, and is cleaned before it is shown.
    pub name: Option<String>,
    /// The redirect URIs.
    pub redirect_uris: Vec<RedirectUri>,
    /// `client_id_issued_at`.
    pub registered_at: OffsetDateTime,
    /// When a token was last issued to it, to the day; `None` if never.
    pub used_at: Option<OffsetDateTime>,
    /// When the registration expires.
    pub expires_at: OffsetDateTime,
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
    /// The registered URI that this one matches (RFC 8252 §7.3 for loopback ports), never an endpoint of our own.
    #[must_use]
    pub fn redirect_target(&self, requested: &str, base: &BaseUrl) -> Option<RedirectTarget> {
        let target = self.redirect_uris.iter().find_map(|registered| registered.matches(requested));
        target.filter(|target| !is_own(base, target))
    }

    /// Whether another registration is of the same application, as far as anybody can tell: the same name on a page and the
    /// same redirect URIs, whatever their ports. A client without a name is like no other.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        let known = |uri: &RedirectUri, uris: &[RedirectUri]| uris.iter().any(|other| other.is_same(uri));
        let name = |client: &Self| visible_name(client.name.as_deref());
        name(self).is_some_and(|shown| Some(shown) == name(other))
            && self.redirect_uris.iter().all(|uri| known(uri, &other.redirect_uris))
            && other.redirect_uris.iter().all(|uri| known(uri, &self.redirect_uris))
    }

    /// The same client, expired now; `None` if it was used.
    #[must_use]
    pub fn ended_unused(&self, now: OffsetDateTime) -> Option<Self> {
        self.used_at.is_none().then(|| Self { expires_at: now, ..self.clone() })
    }

    /// The same client, used now; `None` if that is noted already.
    #[must_use]
    pub fn used(&self, now: OffsetDateTime) -> Option<Self> {
        let noted = self.used_at.is_some_and(|used_at| now - used_at < NOTED_EVERY);
        (!noted).then(|| Self { used_at: Some(now), expires_at: now + USED_CLIENT_LIFETIME, ..self.clone() })
    }
}

/// A loopback URI matches on every port, and one of them is this server's own, while it runs on a loopback address.
fn is_own(base: &BaseUrl, target: &RedirectTarget) -> bool {
    let port = |authority: &str| authority.rsplit(':').next().map(str::to_owned);
    base.is_loopback() && target.kind() == RedirectKind::Loopback && port(base.host()) == port(target.host())
}
