//! Tokens that the local tenant signs, and the adapter on a clock that the test moves.

use std::sync::Arc;

use authorization_server::{
    ground::{Clock as _, Subject},
    upstream::{Upstream as _, UpstreamRefusal},
};
use local_tenant::{GATEWAY_PRINCIPAL_ID, Options, Tenant};
use remote_auth_mcp::{
    entra::{Entra, GatewayTokenVerifier},
    ports::gateway::{GatewayRefusal, GatewayTokens as _},
};
use serde_json::{Value, json};
use testkit::ManualClock;
use time::OffsetDateTime;

use crate::{
    scripted::{Scripted, response},
    support::{Ids, entra_at, http},
};

/// The nonce of the sign-in.
pub(crate) const NONCE: &str = "the nonce of this sign-in";
/// The id of another tenant, app or user.
pub(crate) const OTHER_ID: &str = "00000000-0000-0000-0000-000000000000";

pub(crate) struct Rig {
    pub(crate) tenant: Tenant,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ids: Ids,
}

/// The verdict on a gateway token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Refused(String),
    Unavailable,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        let tenant = local_tenant::start(Options::default()).await.unwrap();
        let setting = |name: &str| tenant.settings().into_iter().find(|(known, _)| known == name).unwrap().1;
        let ids = Ids { tenant: setting("ENTRA_TENANT_ID"), client: setting("ENTRA_CLIENT_ID") };
        Self { tenant, clock: Arc::new(ManualClock::default()), ids }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(crate) fn entra(&self, authority: &str) -> Entra {
        entra_at(Arc::clone(&self.clock) as _, http(), authority, &self.ids, "an assertion")
    }

    /// Verifies gateway tokens with the tenant's keys.
    pub(crate) fn gateway(&self) -> GatewayTokenVerifier {
        self.entra(self.tenant.base_url()).gateway_tokens(GATEWAY_PRINCIPAL_ID.to_owned())
    }

    /// The claims of a valid gateway token.
    pub(crate) fn gateway_claims(&self) -> Value {
        let now = self.now().unix_timestamp();
        json!({
            "aud": self.ids.client,
            "iss": format!("{}/{}/v2.0", self.tenant.base_url(), self.ids.tenant),
            "tid": self.ids.tenant,
            "oid": GATEWAY_PRINCIPAL_ID,
            "sub": GATEWAY_PRINCIPAL_ID,
            "idtyp": "app",
            "nbf": now,
            "exp": now + 86_400,
        })
    }

    /// A gateway token with one claim changed.
    pub(crate) fn gateway_token_with(&self, claim: &str, value: Value) -> String {
        let mut claims = self.gateway_claims();
        claims[claim] = value;
        self.tenant.sign(&claims)
    }

    /// How often the tenant's signing keys were fetched.
    pub(crate) fn keys_fetched(&self) -> usize {
        self.tenant.requests().iter().filter(|request| request.path.ends_with("/discovery/v2.0/keys")).count()
    }
}

pub(crate) async fn verdict(gateway: &GatewayTokenVerifier, token: impl Into<String>) -> Verdict {
    match gateway.verify(&token.into().into()).await {
        Ok(()) => Verdict::Accepted,
        Err(refusal @ GatewayRefusal::Invalid { .. }) => Verdict::Refused(refusal.to_string()),
        Err(GatewayRefusal::Unavailable(_)) => Verdict::Unavailable,
    }
}

/// An authority with the tenant's keys that answers a code with whatever ID token the test prepares.
pub(crate) struct SignIns {
    authority: Scripted,
    pub(crate) rig: Rig,
    pub(crate) entra: Entra,
    /// The one key of the tenant's key set.
    pub(crate) key: Value,
}

impl SignIns {
    pub(crate) async fn start() -> Self {
        let rig = Rig::start().await;
        let keys = format!("{}/{}/discovery/v2.0/keys", rig.tenant.base_url(), rig.ids.tenant);
        let keys: Value = http().get(keys).send().await.unwrap().json().await.unwrap();
        let authority = Scripted::start(&keys).await;
        let (entra, key) = (rig.entra(&authority.url), keys["keys"][0].clone());
        Self { authority, rig, entra, key }
    }

    /// The claims of a valid ID token.
    pub(crate) fn claims(&self) -> Value {
        let now = self.rig.now().unix_timestamp();
        json!({
            "aud": self.rig.ids.client,
            "iss": format!("{}/{}/v2.0", self.authority.url, self.rig.ids.tenant),
            "tid": self.rig.ids.tenant,
            "oid": self.rig.tenant.users()[0].oid,
            "nonce": NONCE,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        })
    }

    /// An ID token with one claim changed.
    pub(crate) fn with(&self, claim: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[claim] = value;
        self.rig.tenant.sign(&claims)
    }

    /// Redeems a code for this ID token.
    pub(crate) async fn redeem(&self, id_token: &str) -> Result<Subject, UpstreamRefusal> {
        let answer = json!({
            "access_token": "an access token", "token_type": "Bearer", "expires_in": 3600, "id_token": id_token,
        });
        self.authority.prepare([response(200, &[], answer.to_string().as_bytes())]);
        Ok(self.entra.redeem(&"code".into(), &"verifier".into(), NONCE).await?.subject)
    }

    /// Asserts that the ID token is what was refused.
    pub(crate) async fn refused(&self, id_token: &str) {
        match self.redeem(id_token).await {
            Err(UpstreamRefusal::Refused { reason }) => assert!(reason.starts_with("ID token: "), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}
