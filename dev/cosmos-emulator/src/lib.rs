//! Azure Cosmos DB for one account, as the Azure SDK sees it, on a real socket for several processes at once.
//!
//! Storage, `ETag`s, queries and the change feed are those of the in-memory emulator inside `azure_data_cosmos_driver`. What
//! that lacks is done here, around it: bearer tokens of the local tenant are verified, what Azure does not let an Entra
//! token do is refused, items expire by `ttl`, tests inject faults and see what was asked. [`start`] gives an
//! [`Emulator`]; [`Emulator::settings`] make a handler use it. What is not implemented is refused loudly.

mod account;
mod answer;
mod auth;
mod clock;
mod control;
mod emulator;
mod faults;
mod front;
mod random;
mod recorded;
mod requests;
mod server;
mod store;
mod tls;

use std::io;

pub use clock::{Clock, system_clock};
pub use emulator::{Emulator, Https, start};
pub use faults::{Effect, Fault, OneIn};
pub use recorded::{MetadataRequest, Operation};
pub use requests::Verb;

/// How to start.
#[derive(Clone)]
pub struct Options {
    /// 0 picks a free port. Bound on 127.0.0.1.
    pub port: u16,
    /// Base URL of the tenant whose keys sign bearer tokens, e.g. `http://localhost:7072`.
    pub authority: String,
    /// The tenant.
    pub tenant_id: String,
    /// Object id of the one identity with a role assignment.
    pub principal_id: String,
    /// The database that exists from the start, with all containers.
    pub database: String,
    /// What `ttl` counts by.
    pub clock: Clock,
}

/// The local tenant's workload identity.
const WORKLOAD_PRINCIPAL_ID: &str = "2632f208-0024-435f-aba3-c3209b8ec91c";

impl Options {
    /// Any port, the database `mcp`, the local tenant's workload identity, the machine's clock.
    pub fn new(authority: impl Into<String>, tenant_id: impl Into<String>) -> Self {
        Self {
            port: 0,
            authority: authority.into(),
            tenant_id: tenant_id.into(),
            principal_id: WORKLOAD_PRINCIPAL_ID.to_owned(),
            database: "mcp".to_owned(),
            clock: system_clock(),
        }
    }
}

/// Why the emulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody listens there already.
    #[error("port {0} is taken by another program")]
    PortTaken(u16),
    /// The port cannot be bound for another reason.
    #[error("port {0} cannot be bound: {1}")]
    Bind(u16, #[source] io::Error),
    /// Database and containers cannot be made.
    #[error("the account cannot be made: {0}")]
    Account(String),
    /// There is no client for the tenant's keys.
    #[error("no HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    /// There is no certificate for https.
    #[error("https: {0}")]
    Tls(String),
}
