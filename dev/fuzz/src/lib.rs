//! Parts that several targets share: a runtime, and an MCP server in which nobody gets a token for Graph.

use std::{cell::RefCell, num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use authorization_server::{
    ground::{Dependency, Id, OwnerLimit, Sealer},
    resource::{
        authenticate::{Credential, Principal, ReadRoles},
        downstream::{DownstreamError, DownstreamToken, DownstreamTokens},
        roles::CallerRoles,
    },
    state::{api::ApiScopes, claims::Claims, roles::Roles},
};
use oauth_protocol::scope::Scope;
use remote_auth_mcp::{
    budget::{Budget, SharedBudget},
    config::Limits,
    graph::{ApiClient, Origins, TokenCache},
    kept::Kept,
    mcp::{Mcp, ToolPorts, Tools, sse::TransportPorts},
    platform::{SystemClock, SystemEntropy},
    ports::event_log::EventLog,
};
use testkit::{AuditTrail, Faults, MemorySealer, Rig};
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

/// For messages; more than an input has.
const MEMORY: usize = 1 << 30;

thread_local! {
    static RUNTIME: RefCell<Runtime> =
        RefCell::new(Builder::new_current_thread().enable_all().build().expect("a runtime"));
}

/// Runs a future to its end, on a runtime that stays. A future that hangs is a panic.
pub fn run<F: Future>(future: F) -> F::Output {
    RUNTIME.with_borrow(|runtime| {
        let bounded = async { tokio::time::timeout(Duration::from_secs(20), future).await };
        runtime.block_on(bounded).expect("an end within 20 seconds")
    })
}

struct Nobody;

#[async_trait]
impl DownstreamTokens for Nobody {
    async fn token(
        &self,
        _: &Principal,
        _: &ApiScopes,
        _: Option<&Claims>,
    ) -> Result<DownstreamToken, DownstreamError> {
        Err(DownstreamError::SignInAgain)
    }
}

#[async_trait]
impl CallerRoles for Nobody {
    async fn roles(&self, _: &Principal) -> Result<Roles, DownstreamError> {
        Err(DownstreamError::SignInAgain)
    }
}

/// Seals nothing, but gives out tickets.
#[must_use]
pub fn sealer() -> Arc<dyn Sealer> {
    Arc::new(MemorySealer::new(Arc::new(Faults::new(Dependency::Keyring))))
}

/// The ports of HTTP+SSE.
#[must_use]
pub fn transport(sealer: Arc<dyn Sealer>, events: Option<Arc<dyn EventLog>>) -> TransportPorts {
    let memory = Arc::new(SharedBudget::new(MEMORY, MEMORY));
    let (entropy, audit) = (Arc::new(SystemEntropy), Arc::new(AuditTrail::default()));
    TransportPorts { entropy, sealer, events, memory, audit, poll: Duration::from_millis(1) }
}

/// One process of a deployment. It ends with `stop`.
#[must_use]
pub fn mcp(sealer: Arc<dyn Sealer>, events: Option<Arc<dyn EventLog>>, stop: &CancellationToken) -> Mcp {
    let tokens = TokenCache::new(Arc::new(Nobody), Arc::new(SystemClock));
    let nowhere = Origins::with_graph("http://api", "").expect("a URL");
    let audit = Arc::new(AuditTrail::default());
    let challenged = Rig::new().expect("a rig").server;
    let apis = Arc::new(ApiClient::new(reqwest::Client::new(), nowhere, tokens, challenged, audit.clone()));
    let ports = TransportPorts { audit: audit.clone(), ..transport(sealer, events) };
    let limits = Limits { tool_calls_at_once: OwnerLimit::new(NonZeroU32::MAX), ..Limits::default() };
    let tool_ports = ToolPorts { apis, roles: Arc::new(Nobody), clock: Arc::new(SystemClock), audit };
    Mcp::new(Tools::all(), tool_ports, "fuzz", &limits, ports, stop)
}

/// Somebody who may call every tool.
#[must_use]
pub fn principal() -> Principal {
    let [owner, grant, client] = [1, 2, 3].map(|byte| Id::from_bytes([byte; 16]));
    let scope = Scope::parse("user.read").expect("a scope");
    let credential = Credential::Grant { id: grant, generation: 1 };
    let roles = ReadRoles::default();
    Principal { owner, client, scope, expires_at: OffsetDateTime::UNIX_EPOCH, credential, roles }
}

/// A body as it was read.
#[must_use]
pub fn kept(bytes: &[u8]) -> Kept {
    let mut body = Kept::new(Budget::new(MEMORY).permit());
    body.extend(bytes).expect("memory");
    body
}
