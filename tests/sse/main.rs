//! HTTP+SSE on one instance, and across several.
#![cfg(test)]

mod across;
mod alone;
mod in_flight;
mod memory_log;
mod order;
mod outage;
mod overload;
mod refusing_sealer;
mod streamable;

use std::{
    num::NonZeroU32,
    ops::Deref,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use authorization_server::{
    ground::{AuditEvent, AuditLog, Entropy, EventName, Holder, Id, OwnerLimit},
    resource::{
        authenticate::{Credential, Principal, ReadRoles},
        downstream::{DownstreamError, DownstreamToken, DownstreamTokens},
        roles::CallerRoles,
    },
    state::{api::ApiScopes, claims::Claims, roles::Roles},
};
use futures_util::StreamExt as _;
use http::HeaderMap;
use oauth_protocol::scope::Scope;
use remote_auth_mcp::{
    budget::{Budget, Permit, SharedBudget},
    config::Limits,
    graph::{ApiClient, Origins, TokenCache},
    kept::Kept,
    mcp::{
        Mcp, StreamableHttp, ToolPorts, Tools, UncheckedMessage,
        sse::{EventStream, PostError, Sessions, StreamEvent, TransportPorts},
    },
    platform::{SystemClock, SystemEntropy},
    ports::event_log::EventLog,
};
use serde_json::{Value, json};
use stand_in::wait::HANG_LIMIT;
use testkit::{AuditTrail, Faults, MemorySealer, Rig};
use time::OffsetDateTime;
use tokio::{sync::RwLock, time::timeout};
use tokio_util::sync::CancellationToken;

use self::{memory_log::MemoryLog, refusing_sealer::RefusingSealer};

/// For messages; far more than any test posts.
const MEMORY: usize = 1 << 30;
const POLL: std::time::Duration = std::time::Duration::from_millis(100);

/// Gives nobody a token, and records who asked for one.
#[derive(Default)]
struct Asked {
    by: Mutex<Vec<Principal>>,
    /// Tools wait while a test holds the write lock.
    slow: RwLock<()>,
    /// Each waiting tool has a clone.
    waits: Arc<()>,
}

impl Asked {
    /// How many tools wait.
    fn waiting(&self) -> usize {
        Arc::strong_count(&self.waits) - 1
    }
}

#[async_trait]
impl DownstreamTokens for Asked {
    async fn token(
        &self,
        principal: &Principal,
        _: &ApiScopes,
        _: Option<&Claims>,
    ) -> Result<DownstreamToken, DownstreamError> {
        self.by.lock().unwrap().push(principal.clone());
        let _waits = Arc::clone(&self.waits);
        let _ = self.slow.read().await;
        Err(DownstreamError::SignInAgain)
    }
}

/// No tool names a role, so nobody asks.
#[async_trait]
impl CallerRoles for Asked {
    async fn roles(&self, _: &Principal) -> Result<Roles, DownstreamError> {
        Err(DownstreamError::SignInAgain)
    }
}

/// Limits of an owner that no session reaches.
fn wide() -> Limits {
    Limits { tool_calls_at_once: OwnerLimit::new(NonZeroU32::MAX), ..Limits::default() }
}

/// The parts that the instances of a deployment share.
struct Deployment {
    log: MemoryLog,
    keyring: Arc<Faults>,
    sealer: Arc<RefusingSealer>,
    asked: Arc<Asked>,
    limits: Limits,
    memory: Arc<SharedBudget<Id>>,
    audit: Arc<AuditTrail>,
}

/// One process.
struct Instance {
    sessions: Arc<Sessions>,
    stop: CancellationToken,
}

impl Deref for Instance {
    type Target = Sessions;

    fn deref(&self) -> &Sessions {
        &self.sessions
    }
}

impl Deployment {
    fn new() -> Self {
        let keyring = Arc::new(Faults::new(authorization_server::ground::Dependency::Keyring));
        let sealer = Arc::new(RefusingSealer::of(MemorySealer::new(Arc::clone(&keyring))));
        let memory = Arc::new(SharedBudget::new(MEMORY, MEMORY));
        let (log, limits) = (MemoryLog::default(), wide());
        Self { log, keyring, sealer, asked: Arc::default(), limits, memory, audit: Arc::default() }
    }

    /// One of several instances.
    fn instance(&self) -> Arc<Instance> {
        self.start(Some(Arc::new(self.log.clone())))
    }

    /// The only instance.
    fn alone(&self) -> Arc<Instance> {
        self.start(None)
    }

    fn start(&self, events: Option<Arc<dyn EventLog>>) -> Arc<Instance> {
        let stop = CancellationToken::new();
        Arc::new(Instance { sessions: self.mcp(events, &stop).sse, stop })
    }

    /// The other transport.
    fn streamable_http(&self) -> Arc<StreamableHttp> {
        Arc::new(self.mcp(None, &CancellationToken::new()).streamable_http)
    }

    fn mcp(&self, events: Option<Arc<dyn EventLog>>, stop: &CancellationToken) -> Mcp {
        let tokens = TokenCache::new(Arc::clone(&self.asked) as _, Arc::new(SystemClock));
        let audit: Arc<dyn AuditLog> = Arc::clone(&self.audit) as _;
        let (nowhere, challenged) =
            (Origins::StandIn("http://api.invalid".parse().unwrap()), Rig::new().unwrap().server as _);
        let apis = Arc::new(ApiClient::new(reqwest::Client::new(), nowhere, tokens, challenged, Arc::clone(&audit)));
        let tool_ports = ToolPorts { apis, roles: Arc::clone(&self.asked) as _, clock: Arc::new(SystemClock), audit };
        Mcp::new(Tools::all(), tool_ports, "test", &self.limits, self.ports(events), stop)
    }

    fn ports(&self, events: Option<Arc<dyn EventLog>>) -> TransportPorts {
        let (entropy, sealer) = (Arc::new(SystemEntropy), Arc::clone(&self.sealer) as _);
        let (memory, audit) = (Arc::clone(&self.memory), Arc::clone(&self.audit) as _);
        TransportPorts { entropy, sealer, events, memory, audit, poll: POLL }
    }
}

fn principal() -> Principal {
    let id = || Id::random(&SystemEntropy as &dyn Entropy);
    Principal {
        owner: id(),
        client: id(),
        scope: Scope::parse("user.read").unwrap(),
        expires_at: OffsetDateTime::UNIX_EPOCH,
        credential: Credential::Grant { id: id(), generation: 1 },
        roles: ReadRoles::default(),
    }
}

/// The limits that were reached: where, whose and which.
fn limits_of(deployment: &Deployment) -> Vec<(Option<&'static str>, Option<Holder>, Option<&'static str>)> {
    let events = deployment.audit.take();
    let reached = events.iter().filter(|event| event.name == EventName::LimitReached);
    let holder = |event: &AuditEvent| Some(Holder { owner: event.owner?, client: event.client?, grant: event.grant });
    reached.map(|event| (event.endpoint, holder(event), event.reason)).collect()
}

/// The session id in a stream's first event.
async fn session_id(stream: &mut EventStream) -> String {
    let Some(StreamEvent::Endpoint(endpoint)) = stream.next().await else { panic!("no endpoint") };
    endpoint.strip_prefix("/mcp/message?sessionId=").unwrap().to_owned()
}

/// The id of the next message; `None` if the stream has ended.
async fn answered(stream: &mut EventStream) -> Option<u64> {
    let next = timeout(HANG_LIMIT, stream.next()).await;
    match next.expect("a message")? {
        StreamEvent::Message(json) => serde_json::from_slice::<Value>(&json).unwrap()["id"].as_u64(),
        StreamEvent::Endpoint(_) => panic!("a second endpoint"),
    }
}

fn ping(id: u64) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string().into_bytes()
}

fn tool_call(id: u64) -> Vec<u8> {
    let params = json!({ "name": "get_graph_user_details", "arguments": {} });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string().into_bytes()
}

fn initialize() -> Vec<u8> {
    let info = json!({ "name": "t", "version": "1" });
    let params = json!({ "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": info });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string().into_bytes()
}

fn initialized() -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string().into_bytes()
}

/// A permit that is always large enough for a test's messages.
fn unlimited() -> Permit {
    Budget::new(MEMORY).permit()
}

/// A body as it was read.
fn kept(message: &[u8]) -> Kept {
    let mut body = Kept::new(unlimited());
    body.extend(message).unwrap();
    body
}

/// A client that posts to its stream.
#[derive(Clone)]
struct Client {
    session: String,
    principal: Principal,
}

impl Client {
    async fn post(&self, at: &Instance, message: &[u8]) -> Result<(), PostError> {
        let message = UncheckedMessage::read(kept(message));
        at.post(&self.session, self.principal.clone(), &HeaderMap::new(), message).await
    }
}

/// Opens a stream and initializes its session.
async fn ready(on: &Instance) -> (EventStream, Client) {
    ready_as(on, principal()).await
}

/// The same as this principal.
async fn ready_as(on: &Instance, principal: Principal) -> (EventStream, Client) {
    let mut stream = on.open(&principal).await.unwrap();
    let client = Client { session: session_id(&mut stream).await, principal };
    client.post(on, &initialize()).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(0));
    client.post(on, &initialized()).await.unwrap();
    (stream, client)
}
