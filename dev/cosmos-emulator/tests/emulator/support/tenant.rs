//! As much of a tenant as the emulator needs: discovery and keys over HTTP, and tokens.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Json, Router, routing::get};
use azure_core::time::OffsetDateTime;
use serde_json::{Value, json};
use stand_in::{Servers, SigningKey, Site, jwt};

pub(crate) const TENANT_ID: &str = "c682b3ee-a0f4-4964-b446-9e3b1e3f3d28";
const PRINCIPAL_ID: &str = "2632f208-0024-435f-aba3-c3209b8ec91c";

/// A tenant that runs.
#[derive(Debug)]
pub(crate) struct Tenant {
    url: String,
    readings: Arc<AtomicUsize>,
    _servers: Servers,
}

/// Making a key takes longer than most tests: all tenants share one.
static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
/// A key that no tenant publishes.
static IMPOSTORS_KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);

impl Tenant {
    pub(crate) async fn start() -> Self {
        let (port, listeners) = stand_in::listen(0).await.unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let (jwks_uri, readings) = (format!("{url}/keys"), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&readings);
        let router = Router::new()
            .route(
                "/{tenant}/v2.0/.well-known/openid-configuration",
                get(async move || Json(json!({ "jwks_uri": jwks_uri }))),
            )
            .route(
                "/keys",
                get(async move || {
                    counted.fetch_add(1, Ordering::SeqCst);
                    Json(json!({ "keys": [KEY.public()] }))
                }),
            );
        let mut servers = Servers::default();
        servers.serve(listeners, &Site::new(router));
        Self { url, readings, _servers: servers }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How often the keys were read.
    pub(crate) fn readings(&self) -> usize {
        self.readings.load(Ordering::SeqCst)
    }
}

pub(crate) fn sign(claims: &Value) -> String {
    jwt::sign(&KEY, claims)
}

/// As [`sign`], by somebody else.
pub(crate) fn forge(claims: &Value) -> String {
    jwt::sign(&IMPOSTORS_KEY, claims)
}

/// The claims of a managed identity's token for Cosmos.
pub(crate) fn cosmos_claims(authority: &str) -> Value {
    let now = utc_now().unix_timestamp();
    json!({
        "aud": "https://cosmos.azure.com", "iss": format!("{authority}/{TENANT_ID}/"), "tid": TENANT_ID,
        "oid": PRINCIPAL_ID, "sub": PRINCIPAL_ID, "iat": now, "nbf": now, "exp": now + 86_400, "ver": "1.0",
    })
}

/// Tokens age by the machine's clock, and so do change feeds.
pub(crate) fn utc_now() -> OffsetDateTime {
    #[expect(clippy::disallowed_methods, reason = "the one clock of these tests")]
    OffsetDateTime::now_utc()
}
