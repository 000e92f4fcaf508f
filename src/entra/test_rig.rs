//! What the tests of this module share: a local tenant that signs anything, and a clock that stands still.

use std::sync::Arc;

use authorization_server::ground::Clock as _;
use jsonwebtoken::decode_header;
use local_tenant::{Options, Tenant};
use serde_json::{Value, json};
use testkit::ManualClock;
use time::OffsetDateTime;

use super::{jwks::Jwks, upstream::EntraSettings};

/// Of the sign-in.
pub(super) const NONCE: &str = "the nonce of this sign-in";

pub(super) struct Rig {
    pub(super) tenant: Tenant,
    pub(super) settings: EntraSettings,
    pub(super) clock: Arc<ManualClock>,
    pub(super) jwks: Arc<Jwks>,
}

impl Rig {
    pub(super) async fn start() -> Self {
        let tenant = local_tenant::start(Options::default()).await.unwrap();
        let setting = |name: &str| tenant.settings().into_iter().find(|(known, _)| known == name).unwrap().1;
        let settings = EntraSettings {
            authority: setting("ENTRA_AUTHORITY_HOST"),
            tenant_id: setting("ENTRA_TENANT_ID"),
            client_id: setting("ENTRA_CLIENT_ID"),
            graph_resource: "https://graph.microsoft.com",
            redirect_uri: "http://127.0.0.1/oauth-callback".to_owned(),
        };
        let clock = Arc::new(ManualClock::default());
        let jwks = Arc::new(Jwks::new(reqwest::Client::new(), settings.keys(), Arc::clone(&clock) as _));
        Self { tenant, settings, clock, jwks }
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Of an ID token that nothing is wrong with.
    pub(super) fn claims(&self) -> Value {
        let now = self.now().unix_timestamp();
        json!({
            "aud": self.settings.client_id,
            "iss": self.settings.issuer(),
            "tid": self.settings.tenant_id,
            "oid": self.tenant.users()[0].oid,
            "nonce": NONCE,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        })
    }

    /// Of the one key that the tenant publishes.
    pub(super) fn kid(&self) -> String {
        decode_header(self.tenant.sign(&json!({}))).unwrap().kid.unwrap()
    }

    /// How often the key set was asked for.
    pub(super) fn keys_fetched(&self) -> usize {
        self.tenant.requests().iter().filter(|request| request.path.ends_with("/discovery/v2.0/keys")).count()
    }
}
