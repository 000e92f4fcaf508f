//! Azure Cosmos DB for one account, as the Azure SDK sees it, on a real socket for several processes at once.
//!
//! Storage, `ETag`s, queries and the change feed are those of the in-memory emulator inside `azure_data_cosmos_driver`. This
//! crate adds what that lacks: it verifies bearer tokens of the local tenant, lets items expire by `ttl`, injects the faults
//! that tests ask for, and records operations. [`start`] gives an [`Emulator`]; [`Emulator::settings`] make a handler use it.
//! It refuses what it does not implement.

mod account;
mod answer;
mod auth;
mod emulator;
mod faults;
mod front;
mod request;
mod store;

use std::sync::Arc;

pub use emulator::{Emulator, start};
pub use faults::{Effect, Fault};
pub use request::{Operation, Verb};
pub use stand_in::ListenError;

/// The time by which items expire, in seconds since 1970. Tokens expire by the machine's clock.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How to start.
#[derive(Clone)]
pub struct Options {
    /// On loopback; 0 picks a free one.
    pub port: u16,
    /// Base URL of the tenant whose keys sign bearer tokens, e.g. `http://localhost:7072`.
    pub authority: String,
    /// The tenant.
    pub tenant_id: String,
    /// The clock of `ttl`.
    pub clock: Clock,
}

impl Options {
    /// Any port, and the machine's clock.
    pub fn new(authority: impl Into<String>, tenant_id: impl Into<String>) -> Self {
        let clock = stand_in::Clock::default();
        let clock: Clock = Arc::new(move || clock.unix());
        Self { port: 0, authority: authority.into(), tenant_id: tenant_id.into(), clock }
    }
}

/// Why the emulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or cannot be bound.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Database and containers cannot be made.
    #[error("the account cannot be made: {0}")]
    Account(String),
    /// There is no client for the tenant's keys.
    #[error("no HTTP client: {0}")]
    Client(#[source] reqwest::Error),
}
