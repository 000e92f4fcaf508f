//! The token for our app that another app gets for itself.

use serde_json::{Value, json};
use stand_in::{jwt, random};

use crate::registration::{CLIENT_ID, TENANT_ID};
use crate::{accounts::DATED_BACK, clients::Client, sts::Sts, tenant::Tenant};

impl Tenant {
    /// The token for our app that this app gets for itself.
    #[must_use]
    pub fn own_token(&self, client: &Client) -> String {
        own_token(&self.sts, client)
    }
}

/// The token of the web app for our app that it gets for itself (`grant_type=client_credentials`, RFC 6749 §4.4).
fn own_token(sts: &Sts, client: &Client) -> String {
    let now = sts.clock.unix();
    let claims: Value = json!({
        "aud": CLIENT_ID,
        "iss": sts.issuer(),
        "azp": client.client_id,
        "azpacr": client.authentication(),
        "idtyp": "app",
        "oid": PRINCIPAL_ID,
        "sub": PRINCIPAL_ID,
        "tid": TENANT_ID,
        "uti": random::opaque::<16>(),
        "ver": "2.0",
        "iat": now - DATED_BACK,
        "nbf": now - DATED_BACK,
        "exp": now + 3600,
    });
    jwt::sign(&sts.key, &claims)
}

/// Object id of the web app's service principal.
const PRINCIPAL_ID: &str = "c1f7a3d9-5e20-4b86-a7d4-92b60e8f3d33";
