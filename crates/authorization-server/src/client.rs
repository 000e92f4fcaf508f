//! A registered client (RFC 7591 §2).

use oauth_protocol::{
    issuer::BaseUrl,
    redirect_uri::{RedirectKind, RedirectTarget, RedirectUri},
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    id::Id,
    ports::{Stored, Unavailable},
    server::AuthorizationServer,
};

/// A registration that is never used lapses after this.
pub const UNUSED_LIFETIME: Duration = Duration::days(30);
/// A used one lapses this long after its last use.
const USED_LIFETIME: Duration = Duration::days(400);
/// A use is noted at most this often.
const NOTED_EVERY: Duration = Duration::days(1);

/// A public client: no secret, only redirect URIs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    /// `client_id`.
    pub id: Id,
    /// What it calls itself; never trusted, always cleaned before it is shown.
    pub name: Option<String>,
    /// Where codes may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// `client_id_issued_at`.
    pub registered_at: OffsetDateTime,
    /// When a token was last issued to it, to the day; `None` if never.
    pub used_at: Option<OffsetDateTime>,
    /// When the registration lapses.
    pub expires_at: OffsetDateTime,
}

impl Client {
    /// The registered URI that this one matches (RFC 8252 §7.3 for loopback ports), never an endpoint of our own.
    #[must_use]
    pub fn redirect_target(&self, requested: &str, base: &BaseUrl) -> Option<RedirectTarget> {
        let target = self.redirect_uris.iter().find_map(|registered| registered.matches(requested));
        target.filter(|target| !is_own(base, target))
    }

    /// The same client, used now; `None` if that is noted already.
    #[must_use]
    pub fn used(&self, now: OffsetDateTime) -> Option<Self> {
        let noted = self.used_at.is_some_and(|used_at| now - used_at < NOTED_EVERY);
        (!noted).then(|| Self { used_at: Some(now), expires_at: now + USED_LIFETIME, ..self.clone() })
    }
}

/// A loopback URI matches on every port, and one of them is this server's own, while it runs on a loopback address.
fn is_own(base: &BaseUrl, target: &RedirectTarget) -> bool {
    let port = |authority: &str| authority.rsplit(':').next().map(str::to_owned);
    base.is_loopback() && target.kind() == RedirectKind::Loopback && port(base.host()) == port(target.host())
}

impl AuthorizationServer {
    /// The registration with this `client_id`, unless it has lapsed.
    pub(crate) async fn find_client(&self, client_id: &str) -> Result<Option<Stored<Client>>, Unavailable> {
        let Some(id) = Id::parse(client_id) else { return Ok(None) };
        let now = self.now();
        Ok(self.clients.get(&id).await?.filter(|client| now < client.value.expires_at))
    }

    /// Notes that the client was used, so that its registration lives on. If the note is lost, the next use is noted.
    pub(crate) async fn note_use(&self, client: &Stored<Client>) {
        let Some(used) = client.value.used(self.now()) else { return };
        if let Err(error) = self.clients.advance(&client.version, used).await {
            tracing::warn!(%error, client = %client.value.id, "use of the client not noted");
        }
    }
}
