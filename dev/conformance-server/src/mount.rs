//! The product's HTTP server with the fixtures in the place of its MCP server.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use authorization_server::ground::{Clock, OwnerLimit};
use remote_auth_mcp::{
    config,
    http::{App, Challenges, EntraNames, HealthCheck, Memory, RateLimiter, server},
    mcp::{Mcp, sse::TransportPorts},
    ports::caller_hash::CallerHash,
    store::embedded::Embedded,
    telemetry::{AuditLines, LogThrottle, OwnTraces},
};
use rmcp::model::RequestStateError;
use secrecy::ExposeSecret as _;
use testkit::{FlowError, Rig};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fixtures::{Fixtures, Way};

/// More calls than the suite sends.
const NO_LIMIT: NonZeroU32 = NonZeroU32::new(1_000_000).unwrap();
/// How often an HTTP+SSE session would look for events of other processes. There are none.
const EVENT_POLL: Duration = Duration::from_secs(1);

/// The server, until it is dropped.
pub struct ConformanceServer {
    /// The Streamable HTTP endpoint.
    pub url: String,
    /// A token that the bearer check accepts. It does not expire.
    pub access_token: String,
    _stop: DropGuard,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The authorization server has no base URL.
    #[error("the authorization server: {0}")]
    Rig(String),
    /// No client could sign in.
    #[error("the sign-in: {0}")]
    SignIn(#[from] FlowError),
    /// The item store does not open.
    #[error("the store: {0}")]
    Store(String),
    /// The key for `requestState` is not accepted.
    #[error(transparent)]
    Key(#[from] RequestStateError),
    /// No port is free.
    #[error(transparent)]
    Listen(#[from] io::Error),
}

impl ConformanceServer {
    /// Listens on a free port of loopback, and signs a client in.
    pub async fn start(way: Way) -> Result<Self, StartError> {
        let rig = Rig::new().map_err(|error| StartError::Rig(error.to_string()))?;
        let access_token = rig.sign_in().await?.tokens.access_token.expose_secret().to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let stop = CancellationToken::new();
        let app = app(&rig, way, &stop)?;
        tokio::spawn(server::serve(listener, Arc::new(app), config::Limits::default().connections, stop.clone()));
        Ok(Self { url, access_token, _stop: stop.drop_guard() })
    }
}

/// The parts that the product's HTTP server needs, with limits that the suite does not reach: the rig's clock stands still,
/// so no limit is ever renewed.
fn app(rig: &Rig, way: Way, stop: &CancellationToken) -> Result<App, StartError> {
    let clock = Arc::clone(&rig.clock) as Arc<dyn Clock>;
    let limits = config::Limits { calls_per_minute: OwnerLimit::new(NO_LIMIT), ..config::Limits::default() };
    let mut key = [0; 32];
    rig.ports.entropy.fill(&mut key);
    let records = Embedded::in_memory(Arc::clone(&clock)).map_err(|error| StartError::Store(error.0))?;
    let (memory, lines) = (Memory::default(), Arc::new(AuditLines::new(Arc::clone(&clock))));
    let ports = TransportPorts {
        entropy: Arc::clone(&rig.ports.entropy),
        sealer: Arc::clone(&rig.ports.sealer),
        events: None,
        memory: Arc::clone(&memory.known_callers),
        audit: Arc::clone(&lines) as _,
        poll: EVENT_POLL,
    };
    Ok(App {
        challenges: Challenges::of_server(&rig.server),
        server: Arc::clone(&rig.server),
        mcp: Mcp::serving(Fixtures::new(&key, way)?, &limits, ports, stop),
        health: HealthCheck::new(Arc::new(records), Arc::clone(&rig.server), Arc::clone(&clock)),
        gateway: None,
        memory,
        limits: RateLimiter::new(limits, &clock),
        audit: lines,
        callers: Arc::new(Unnamed),
        traces: OwnTraces::new(rig.ports.entropy.as_ref()),
        refusal_log: LogThrottle::new(Arc::clone(&clock)),
        refused_requests: LogThrottle::new(clock),
        server_name: "Conformance".to_owned(),
        entra: EntraNames::default(),
        allowed_origins: Vec::new(),
    })
}

/// Names no caller in the log.
struct Unnamed;

impl CallerHash for Unnamed {
    fn hash(&self, _: IpAddr) -> Option<String> {
        None
    }
}
