//! As much of a tenant as the emulator needs: discovery and keys over HTTP, and tokens.

use std::sync::LazyLock;

use aws_lc_rs::{
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use azure_core::time::OffsetDateTime;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

pub(crate) const TENANT_ID: &str = "c682b3ee-a0f4-4964-b446-9e3b1e3f3d28";
const PRINCIPAL_ID: &str = "2632f208-0024-435f-aba3-c3209b8ec91c";

/// Serves as long as the test's runtime lives.
#[derive(Debug)]
pub(crate) struct Tenant {
    url: String,
    key: &'static KeyPair,
}

/// Making a key takes longer than most tests: all tenants share one.
static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
/// Published nowhere.
static IMPOSTORS_KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

impl Tenant {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let discovery = json!({ "jwks_uri": format!("{url}/keys") }).to_string();
        let keys = json!({ "keys": [jwk(&KEY)] }).to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                answer(stream, &discovery, &keys).await;
            }
        });
        Self { url, key: &KEY }
    }

    /// A key of its own that no other tenant has published.
    pub(crate) fn impostor(&self) -> Self {
        Self { url: self.url.clone(), key: &IMPOSTORS_KEY }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": "test" });
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        #[expect(clippy::disallowed_methods, reason = "asked for by the interface, not used by PKCS #1 v1.5")]
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What a managed identity's token for Cosmos says.
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

fn jwk(key: &KeyPair) -> Value {
    let public = key.public_key();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({
        "kty": "RSA", "use": "sig", "kid": "test",
        "n": encode(public.modulus().big_endian_without_leading_zero()),
        "e": encode(public.exponent().big_endian_without_leading_zero()),
    })
}

async fn answer(mut stream: TcpStream, discovery: &str, keys: &str) {
    let mut request = vec![0; 4096];
    let read = stream.read(&mut request).await.unwrap();
    let body = if request[..read].starts_with(b"GET /keys") { keys } else { discovery };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all((head + body).as_bytes()).await.unwrap();
}
