//! Streams on one instance, and across several.

mod across;
mod alone;
mod in_flight;
mod memory_log;
mod order;
mod outage;
mod overload;
mod refusing_sealer;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use authorization_server::{
    ground::{Clock, Entropy, GrantKey, Id},
    resource::authenticate::Principal,
    resource::downstream::{DownstreamError, DownstreamToken, DownstreamTokens},
};
use futures_util::StreamExt as _;
use oauth_protocol::scope::Scope;
use serde_json::{Value, json};
use testkit::{Dependency, MemorySealer};
use time::OffsetDateTime;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use self::{memory_log::MemoryLog, refusing_sealer::RefusingSealer};
use super::{EventStream, PostError, Sessions, StreamEvent};
use crate::{
    graph::{Graph, TokenCache},
    mcp::{server::McpServer, sse::Ports},
    platform::{SystemClock, SystemEntropy},
    ports::event_log::EventLog,
};

const POLL: std::time::Duration = std::time::Duration::from_millis(100);

/// Gives no token to anyone, and notes who asked.
#[derive(Default)]
struct Asked {
    by: Mutex<Vec<Principal>>,
    /// Whoever writes keeps the tools waiting.
    slow: RwLock<()>,
}

#[async_trait]
impl DownstreamTokens for Asked {
    async fn token(&self, principal: &Principal, _: &[&'static str]) -> Result<DownstreamToken, DownstreamError> {
        self.by.lock().unwrap().push(principal.clone());
        let _ = self.slow.read().await;
        Err(DownstreamError::SignInAgain)
    }
}

/// What the instances of a deployment share.
struct Deployment {
    log: Arc<MemoryLog>,
    keyring: Arc<Dependency>,
    sealer: Arc<RefusingSealer>,
    asked: Arc<Asked>,
}

impl Deployment {
    fn new() -> Self {
        let keyring = Arc::new(Dependency::new("keyring"));
        let sealer = Arc::new(RefusingSealer::of(MemorySealer::new(Arc::clone(&keyring))));
        Self { log: MemoryLog::new(), keyring, sealer, asked: Arc::default() }
    }

    /// One of several instances.
    fn instance(&self) -> Arc<Sessions> {
        self.sessions(Some(Arc::new(Arc::clone(&self.log))))
    }

    /// The only instance.
    fn alone(&self) -> Arc<Sessions> {
        self.sessions(None)
    }

    fn sessions(&self, events: Option<Arc<dyn EventLog>>) -> Arc<Sessions> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let tokens = Arc::clone(&self.asked) as Arc<dyn DownstreamTokens>;
        let graph = Graph::nowhere(TokenCache::new(tokens, clock));
        let sealer = Arc::clone(&self.sealer) as _;
        let ports = Ports { entropy: Arc::new(SystemEntropy), sealer, events, poll: POLL };
        Sessions::new(McpServer::new(Arc::new(graph), "test"), ports, CancellationToken::new())
    }
}

pub(super) fn principal() -> Principal {
    let id = || Id::random(&SystemEntropy as &dyn Entropy);
    Principal {
        grant: GrantKey { owner: id(), grant: id() },
        client: id(),
        scope: Scope::parse("user.read").unwrap(),
        expires_at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// The session id in a stream's first event.
async fn session_id(stream: &mut EventStream) -> String {
    let Some(StreamEvent::Endpoint(endpoint)) = stream.next().await else { panic!("no endpoint") };
    endpoint.strip_prefix("/mcp/message?sessionId=").unwrap().to_owned()
}

/// The next message's id; `None` when the stream has ended.
async fn answered(stream: &mut EventStream) -> Option<u64> {
    let next = tokio::time::timeout(std::time::Duration::from_mins(2), stream.next()).await;
    match next.expect("a message within two minutes")? {
        StreamEvent::Message(json) => serde_json::from_str::<Value>(&json).unwrap()["id"].as_u64(),
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

/// Who posts to a stream.
#[derive(Clone)]
struct Client {
    session: String,
    principal: Principal,
}

impl Client {
    async fn post(&self, at: &Sessions, message: &[u8]) -> Result<(), PostError> {
        at.post(&self.session, self.principal.clone(), message).await
    }
}

/// A stream that has been initialized.
async fn ready(on: &Arc<Sessions>) -> (EventStream, Client) {
    let principal = principal();
    let mut stream = on.open(principal.clone()).await.unwrap();
    let client = Client { session: session_id(&mut stream).await, principal };
    client.post(on, &initialize()).await.unwrap();
    assert_eq!(answered(&mut stream).await, Some(0));
    client.post(on, &initialized()).await.unwrap();
    (stream, client)
}
