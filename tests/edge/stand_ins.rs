//! The ports of the edge that the rules do not have: the item store, for its health, and the gateway's tokens.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use authorization_server::ground::{AuditEvent, AuditLog, Unavailable};
use remote_auth_mcp::{
    ports::{
        caller_hash::CallerHash,
        gateway::{GatewayRefusal, GatewayTokens},
        records::{Address, Container, Filter, Item, ItemPage, ItemStore, StoreError, Write},
    },
    telemetry::AuditLines,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use testkit::AuditTrail;
use time::Duration;

/// A store that holds nothing. Only its health is asked for.
#[derive(Default)]
pub(crate) struct EmptyStore {
    pub(crate) down: AtomicBool,
    /// Reads so far.
    pub(crate) reads: AtomicUsize,
    /// While it is held, reads wait.
    pub(crate) slow: tokio::sync::Mutex<()>,
}

impl EmptyStore {
    fn outcome<T>(&self, value: T) -> Result<T, StoreError> {
        if self.down.load(Ordering::SeqCst) { Err(StoreError("the store is down".into())) } else { Ok(value) }
    }
}

#[async_trait]
impl ItemStore for EmptyStore {
    async fn get(&self, _: &Address) -> Result<Option<Item>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        drop(self.slow.lock().await);
        self.outcome(None)
    }

    async fn create(&self, _: &Address, _: &Value, _: Duration) -> Result<Write, StoreError> {
        self.outcome(Write::Conflict)
    }

    async fn replace(&self, _: &Address, _: &str, _: &Value, _: Duration) -> Result<Write, StoreError> {
        self.outcome(Write::Conflict)
    }

    async fn delete(&self, _: &Address) -> Result<(), StoreError> {
        self.outcome(())
    }

    async fn page(&self, _: Container, _: Filter, _: Option<&str>, _: NonZeroU32) -> Result<ItemPage, StoreError> {
        self.outcome(ItemPage { items: Vec::new(), next: None })
    }

    async fn list(&self, _: Container, _: &str, _: &str) -> Result<Vec<Item>, StoreError> {
        self.outcome(Vec::new())
    }
}

/// Names no caller.
pub(crate) struct NoCallerHash;

impl CallerHash for NoCallerHash {
    fn hash(&self, _: IpAddr) -> Option<String> {
        None
    }
}

/// Writes audit events, counts them, and lets a test read them.
pub(crate) struct Heard {
    pub(crate) trail: Arc<AuditTrail>,
    pub(crate) lines: AuditLines,
    pub(crate) reported: Arc<AtomicUsize>,
}

impl AuditLog for Heard {
    fn report(&self, event: &AuditEvent) {
        self.trail.report(event);
        self.lines.report(event);
        self.reported.fetch_add(1, Ordering::SeqCst);
    }
}

/// The one token that opens the gateway.
pub(crate) const GATEWAY_TOKEN: &str = "the.gateways.token";

/// Knows [`GATEWAY_TOKEN`], and remembers what it was shown.
#[derive(Default)]
pub(crate) struct Gateway {
    pub(crate) down: AtomicBool,
    pub(crate) shown: Mutex<Vec<String>>,
}

#[async_trait]
impl GatewayTokens for Gateway {
    async fn verify(&self, token: &SecretString) -> Result<(), GatewayRefusal> {
        self.shown.lock().unwrap().push(token.expose_secret().to_owned());
        if self.down.load(Ordering::SeqCst) {
            return Err(Unavailable::upstream("the signing keys cannot be fetched").into());
        }
        if token.expose_secret() == GATEWAY_TOKEN {
            Ok(())
        } else {
            Err(GatewayRefusal::Invalid { reason: "invalid", detail: None })
        }
    }
}
