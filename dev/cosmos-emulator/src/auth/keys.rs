//! The tenant's keys, read through its discovery document, kept, and read again when a token names an unknown one.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use aws_lc_rs::{rsa::PublicKeyComponents, signature::RSA_PKCS1_2048_8192_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::StartError;

/// Unknown key ids make us ask again no more often than this.
const INTERVAL: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(5);

/// An RSA key (RFC 7518 §6.3.1).
#[derive(Clone)]
pub(super) struct PublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl PublicKey {
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let components = PublicKeyComponents { n: &self.modulus, e: &self.exponent };
        components.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// All keys of the tenant.
pub(super) struct KeySet {
    client: reqwest::Client,
    discovery: String,
    interval: Duration,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, PublicKey>,
    read_at: Option<Instant>,
}

#[derive(Deserialize)]
struct Discovery {
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    n: String,
    e: String,
}

impl KeySet {
    pub(super) fn new(authority: &str, tenant_id: &str) -> Result<Self, StartError> {
        let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().map_err(StartError::Client)?;
        let discovery = format!("{authority}/{tenant_id}/v2.0/.well-known/openid-configuration");
        Ok(Self { client, discovery, interval: INTERVAL, known: Mutex::default() })
    }

    /// The key of this id, if the tenant has it.
    pub(super) async fn find(&self, kid: &str) -> Result<Option<PublicKey>, reqwest::Error> {
        let mut known = self.known.lock().await;
        let lately = known.read_at.is_some_and(|at| at.elapsed() < self.interval);
        if !known.keys.contains_key(kid) && !lately {
            known.keys = self.read().await?;
            known.read_at = Some(Instant::now());
        }
        Ok(known.keys.get(kid).cloned())
    }

    async fn read(&self) -> Result<HashMap<String, PublicKey>, reqwest::Error> {
        let discovery: Discovery = self.get(&self.discovery).await?.json().await?;
        let jwks: Jwks = self.get(&discovery.jwks_uri).await?.json().await?;
        Ok(jwks.keys.into_iter().filter_map(Jwk::decode).collect())
    }

    async fn get(&self, url: &str) -> Result<reqwest::Response, reqwest::Error> {
        self.client.get(url).send().await?.error_for_status()
    }
}

impl Jwk {
    fn decode(self) -> Option<(String, PublicKey)> {
        if self.kty != "RSA" {
            return None;
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some((self.kid, PublicKey { modulus: decode(&self.n)?, exponent: decode(&self.e)? }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// Serves discovery and, from the second reading of the key set on, a second key.
    async fn tenant(readings: Arc<AtomicUsize>) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let jwks_uri = format!("{base}/keys");
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap();
                let body = if request[..read].starts_with(b"GET /keys") {
                    let kids = ["first", "second"];
                    let count = readings.fetch_add(1, Ordering::SeqCst) + 1;
                    let key = |kid: &&str| serde_json::json!({"kty": "RSA", "kid": kid, "n": "AQAB", "e": "AQAB"});
                    let keys: Vec<_> = kids.iter().take(count).map(key).collect();
                    serde_json::json!({ "keys": keys }).to_string()
                } else {
                    serde_json::json!({ "jwks_uri": jwks_uri }).to_string()
                };
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).await.unwrap();
            }
        });
        base
    }

    #[tokio::test]
    async fn known_keys_are_not_read_again() {
        let readings = Arc::new(AtomicUsize::new(0));
        let mut keys = KeySet::new(&tenant(Arc::clone(&readings)).await, "t").unwrap();
        keys.interval = Duration::ZERO;
        for _ in 0..3 {
            assert!(keys.find("first").await.unwrap().is_some());
        }
        assert_eq!(readings.load(Ordering::SeqCst), 1);
        assert!(keys.find("second").await.unwrap().is_some(), "an unknown key is looked for");
        assert_eq!(readings.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn unknown_keys_are_read_at_a_bounded_rate() {
        let readings = Arc::new(AtomicUsize::new(0));
        let mut keys = KeySet::new(&tenant(Arc::clone(&readings)).await, "t").unwrap();
        keys.interval = Duration::from_hours(1);
        for _ in 0..3 {
            assert!(keys.find("unknown").await.unwrap().is_none());
        }
        assert_eq!(readings.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_tenant_that_is_down_is_an_error() {
        let keys = KeySet::new("http://127.0.0.1:9", "t").unwrap();
        assert!(keys.find("first").await.is_err());
    }
}
