//! The router over [`testkit::Rig`].

use std::{
    error::Error,
    num::NonZeroU32,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use authorization_server::ground::{AuditLog, Dependency, OwnerLimit};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header, request::Builder};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Body, service::Service as _};
use remote_auth_mcp::{
    config,
    graph::{ApiClient, Origins, TokenCache},
    http::{App, Challenges, EntraNames, HealthCheck, Memory, RateLimiter, server, service},
    mcp::{Mcp, ToolPorts, Tools, sse::TransportPorts},
    telemetry::{AuditLines, LogThrottle, OwnTraces},
};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use testkit::{Faults, MemorySealer, Rig};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use warp::reply::Response;

use crate::stand_ins::{EmptyStore, GATEWAY_TOKEN, Gateway, Heard, NoCallerHash};

/// The host of the deployment. Its URL is that of [`testkit::Rig`].
pub(crate) const HOST: &str = "mcp.example.com";
/// The tenant whose users sign in.
pub(crate) const TENANT_ID: &str = "5f0c3f1e-1d6a-4c2b-8f59-0e7a3c9d2b41";
pub(crate) const ORIGIN: &str = "https://mcp.example.com";
/// The one further origin that may call the MCP endpoints.
pub(crate) const ALLOWED_ORIGIN: &str = "https://app.example.com";

/// One handler, without a process, a socket or Entra.
pub(crate) struct Edge {
    rig: Rig,
    pub(crate) item_store: Arc<EmptyStore>,
    /// Seals what HTTP+SSE seals.
    pub(crate) stream_keyring: Arc<Faults>,
    pub(crate) gateway: Option<Arc<Gateway>>,
    pub(crate) app: Arc<App>,
    connections: NonZeroU32,
    /// The audit events so far.
    reported: Arc<AtomicUsize>,
    /// Ends all streams.
    pub(crate) stop: CancellationToken,
    /// `Accept-Language` of every request.
    languages: Option<&'static str>,
}

impl Deref for Edge {
    type Target = Rig;

    fn deref(&self) -> &Rig {
        &self.rig
    }
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The message of a JSON-RPC error that has no id.
    pub(crate) fn words(&self) -> String {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.body);
        let error = self.json();
        assert_eq!(mcp_schema::check("2025-11-25", "", &error), Ok(()));
        assert_eq!(error.get("id"), None);
        error["error"]["message"].as_str().unwrap_or_default().to_owned()
    }

    /// `error` of an OAuth error.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }
}

impl Edge {
    /// Without a gateway.
    pub(crate) fn new() -> Self {
        Self::serving(Tools::all())
    }

    /// Without a gateway, asked by somebody who prefers these languages.
    pub(crate) fn read_in(languages: &'static str) -> Self {
        Self { languages: Some(languages), ..Self::new() }
    }

    /// Only what shows the gateway's token is answered.
    pub(crate) fn behind_gateway() -> Self {
        Self::with(Tools::all(), Some(Arc::default()))
    }

    /// The same, with these limits.
    pub(crate) fn behind_gateway_with(limits: config::Limits) -> Self {
        Self::of(Tools::all(), Some(Arc::default()), "http://api.invalid", limits)
    }

    /// Without a gateway, with these tools.
    pub(crate) fn serving(tools: Tools) -> Self {
        Self::with(tools, None)
    }

    /// The same, with every API at this URL.
    pub(crate) fn serving_with(tools: Tools, apis: &str) -> Self {
        Self::of(tools, None, apis, config::Limits::default())
    }

    /// Without a gateway, with these limits.
    pub(crate) fn limited(limits: config::Limits) -> Self {
        Self::of(Tools::all(), None, "http://api.invalid", limits)
    }

    /// The same, around this rig.
    pub(crate) fn around(rig: Rig, limits: config::Limits) -> Self {
        Self::of_rig(rig, Tools::all(), None, "http://api.invalid", limits)
    }

    /// Without a gateway, with Graph at this URL, and with limits that no owner reaches.
    pub(crate) fn calling(graph: &str) -> Self {
        Self::over(Rig::new().unwrap(), graph)
    }

    /// The same, around this rig.
    pub(crate) fn over(rig: Rig, graph: &str) -> Self {
        let most = OwnerLimit::new(const { NonZeroU32::new(1_000_000).unwrap() });
        let limits = config::Limits {
            streams: most,
            calls_per_minute: most,
            tool_calls_at_once: most,
            ..config::Limits::default()
        };
        Self::of_rig(rig, Tools::all(), None, graph, limits)
    }

    fn with(tools: Tools, gateway: Option<Arc<Gateway>>) -> Self {
        Self::of(tools, gateway, "http://api.invalid", config::Limits::default())
    }

    fn of(tools: Tools, gateway: Option<Arc<Gateway>>, graph: &str, limits: config::Limits) -> Self {
        Self::of_rig(Rig::new().unwrap(), tools, gateway, graph, limits)
    }

    fn of_rig(rig: Rig, tools: Tools, gateway: Option<Arc<Gateway>>, graph: &str, limits: config::Limits) -> Self {
        let (item_store, stop) = (Arc::<EmptyStore>::default(), CancellationToken::new());
        let tokens = TokenCache::new(Arc::clone(&rig.server) as _, Arc::clone(&rig.clock) as _);
        let (lines, reported) = (AuditLines::new(Arc::clone(&rig.clock) as _), Arc::<AtomicUsize>::default());
        let heard = Heard { trail: Arc::clone(&rig.audit), lines, reported: Arc::clone(&reported) };
        let audit: Arc<dyn AuditLog> = Arc::new(heard);
        let nowhere = Origins::StandIn(graph.parse().unwrap());
        let challenged = Arc::clone(&rig.server) as _;
        let apis = ApiClient::new(reqwest::Client::new(), nowhere, tokens, challenged, Arc::clone(&audit));
        let stream_keyring = Arc::new(Faults::new(Dependency::Keyring));
        let sealer = Arc::new(MemorySealer::new(Arc::clone(&stream_keyring)));
        let entropy = Arc::clone(&rig.ports.entropy);
        let memory = Memory::default();
        let for_messages = Arc::clone(&memory.known_callers);
        let poll = Duration::from_millis(100);
        let audit_of_streams = Arc::clone(&audit);
        let ports =
            TransportPorts { entropy, sealer, events: None, memory: for_messages, audit: audit_of_streams, poll };
        let app = App {
            challenges: Challenges::of_server(&rig.server),
            server: Arc::clone(&rig.server),
            mcp: Mcp::new(
                tools,
                ToolPorts {
                    apis: Arc::new(apis),
                    roles: Arc::clone(&rig.server) as _,
                    clock: Arc::clone(&rig.clock) as _,
                    audit: Arc::clone(&audit),
                },
                "Test server",
                &limits,
                ports,
                &stop,
            ),
            health: HealthCheck::new(
                Arc::clone(&item_store) as _,
                Arc::clone(&rig.server),
                Arc::clone(&rig.clock) as _,
            ),
            gateway: gateway.clone().map(|gateway| gateway as _),
            memory,
            limits: RateLimiter::new(limits, &(Arc::clone(&rig.clock) as _)),
            audit,
            callers: Arc::new(NoCallerHash),
            traces: OwnTraces::new(rig.ports.entropy.as_ref()),
            refusal_log: LogThrottle::new(Arc::clone(&rig.clock) as _),
            refused_requests: LogThrottle::new(Arc::clone(&rig.clock) as _),
            server_name: "Test server".into(),
            entra: EntraNames { tenant_id: TENANT_ID.into(), ..EntraNames::default() },
            allowed_origins: vec![ALLOWED_ORIGIN.into()],
        };
        let app = Arc::new(app);
        let connections = limits.connections;
        Self { rig, item_store, stream_keyring, gateway, app, connections, reported, stop, languages: None }
    }

    /// Takes the store of the rules and the item store down, or up again.
    pub(crate) fn set_store_down(&self, down: bool) {
        self.rig.store.set_down(down);
        self.rig.block_store.set_down(down);
        self.item_store.down.store(down, Ordering::SeqCst);
    }

    /// Serves connections, until the runtime ends.
    pub(crate) fn serve(&self, listener: TcpListener) {
        tokio::spawn(server::serve(listener, Arc::clone(&self.app), self.connections, self.stop.clone()));
    }

    /// The head of an answer, as soon as it is there.
    pub(crate) async fn head<B>(&self, mut request: Request<B>) -> Response
    where
        B: Body<Error: Into<Box<dyn Error + Send + Sync>>> + Send + Sync + 'static,
    {
        if let Some(languages) = self.languages {
            request.headers_mut().insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(languages));
        }
        service(Arc::clone(&self.app)).call(request).await.unwrap()
    }

    /// The whole answer. A refusal without an audit event fails every test that meets it.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let sent = format!("{} {}", request.method(), request.uri());
        let before = self.reported.load(Ordering::SeqCst);
        let (head, body) = self.head(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let reported = self.reported.load(Ordering::SeqCst) > before;
        assert!(reported || !head.status.is_client_error(), "{sent}: {} is not in the audit log", head.status);
        Answer { status: head.status.as_u16(), headers: head.headers, body: String::from_utf8(body.into()).unwrap() }
    }

    /// Answers a request without a body.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(empty(request(Method::GET, path))).await
    }

    /// Answers a form.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form(request(Method::POST, path), fields)).await
    }

    /// An access token of a new grant.
    pub(crate) async fn access_token(&self) -> String {
        self.rig.sign_in().await.unwrap().tokens.access_token.expose_secret().to_owned()
    }
}

/// A request that names our host.
pub(crate) fn request(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header(header::HOST, HOST)
}

/// A request that the gateway passed on for this address.
pub(crate) fn from(address: &str, method: Method, path: &str) -> Builder {
    let request = request(method, path).header("x-gateway-authorization", format!("Bearer {GATEWAY_TOKEN}"));
    request.header("x-gateway-client-address", address)
}

pub(crate) fn empty(request: Builder) -> Request<Full<Bytes>> {
    request.body(Full::default()).unwrap()
}

pub(crate) fn form(request: Builder, fields: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let body = oauth_protocol::form::encode(fields.iter().copied());
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Full::from(body)).unwrap()
}

pub(crate) fn json(request: Builder, body: &Value) -> Request<Full<Bytes>> {
    let request = request.header(header::CONTENT_TYPE, "application/json");
    request.body(Full::from(body.to_string())).unwrap()
}
