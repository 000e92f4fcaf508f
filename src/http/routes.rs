//! The table of endpoints, and the router made from it. The function folders have the same routes.

use std::{num::NonZeroU64, sync::Arc};

use authorization_server::{
    ground::{EventName, OperationalEvent},
    resource::authenticate::Principal,
};
use futures_util::future::BoxFuture;
use http::{Method, StatusCode};
use tokio::time::Instant;
use tracing::Instrument as _;
use warp::{Filter, filters::BoxedFilter};

use super::{
    app::App,
    authorize, connections, consent,
    cors::Cors,
    endpoint::{Endpoint, EndpointHandler},
    gateway::{self, Ingress},
    health,
    limits::RateLimit,
    mcp, mcp_message, mcp_sse, metadata, oauth_callback, operator,
    pages::Texts,
    register,
    reply::{Response, answer, empty, harden},
    request::{Arriving, Incoming},
    resource::Resource,
    revoke, token,
    too_many::ErrorFormat,
};
use crate::ports::gateway::GatewayRefusal;

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];
const GET_POST: &[Method] = &[Method::GET, Method::POST];

const NO_TARGET: &str = "the request target is not a path of this server";

const FORM_LIMIT: usize = 64 * 1024;
const CONSENT_FORM_LIMIT: usize = 16 * 1024;
/// The same for all tools. See [ADR 14](../../docs/adr/0014-memory.md).
const MESSAGE_LIMIT: usize = 64 * 1024;

pub(super) static ENDPOINTS: &[Endpoint] = &[
    public(metadata::AUTHORIZATION_SERVER, GET, Cors::AnyOrigin, |app, _| {
        Box::pin(async move { metadata::authorization_server(&app) })
    }),
    public(metadata::PROTECTED_RESOURCE, GET, Cors::AnyOrigin, |app, incoming| {
        Box::pin(async move { metadata::protected_resource(&app, &incoming) })
    }),
    public("register", POST, Cors::AnyOrigin, |app, incoming| Box::pin(register::post(app, incoming)))
        .limited(RateLimit::Register),
    page("authorize", GET, |app, incoming| Box::pin(authorize::get(app, incoming))).limited(RateLimit::Authorize),
    page("consent", GET_POST, |app, incoming| Box::pin(consent::serve(app, incoming)))
        .taking(CONSENT_FORM_LIMIT)
        .limited(RateLimit::Page),
    page("oauth-callback", GET, |app, incoming| Box::pin(oauth_callback::get(app, incoming))).spending(),
    public("token", POST, Cors::AnyOrigin, |app, incoming| Box::pin(token::post(app, incoming))),
    public("revoke", POST, Cors::AnyOrigin, |app, incoming| Box::pin(revoke::post(app, incoming))),
    page("connections", GET_POST, |app, incoming| Box::pin(connections::serve(app, incoming))).limited(RateLimit::Page),
    page("operator", GET_POST, |app, incoming| Box::pin(operator::serve(app, incoming))).limited(RateLimit::Page),
    public("health", GET, Cors::SameOrigin, |app, incoming| Box::pin(health::get(app, incoming))),
    protected("mcp/sse", GET_POST, Resource::McpSse, |app, incoming, principal| {
        Box::pin(mcp_sse::serve(app, incoming, principal))
    }),
    protected("mcp/message", POST, Resource::McpSse, |app, incoming, principal| {
        Box::pin(mcp_message::post(app, incoming, principal))
    })
    .taking(MESSAGE_LIMIT),
    protected("mcp", POST, Resource::Mcp, |app, incoming, principal| Box::pin(mcp::post(app, incoming, principal)))
        .taking(MESSAGE_LIMIT),
];

const fn public(
    route: &'static str,
    methods: &'static [Method],
    cors: Cors,
    serve: fn(Arc<App>, Incoming) -> BoxFuture<'static, Response>,
) -> Endpoint {
    endpoint(route, methods, cors, EndpointHandler::Public(serve))
}

const fn page(
    route: &'static str,
    methods: &'static [Method],
    serve: fn(Arc<App>, Incoming) -> BoxFuture<'static, Response>,
) -> Endpoint {
    endpoint(route, methods, Cors::SameOrigin, EndpointHandler::Page(serve))
}

const fn protected(
    route: &'static str,
    methods: &'static [Method],
    resource: Resource,
    serve: fn(Arc<App>, Incoming, Principal) -> BoxFuture<'static, Response>,
) -> Endpoint {
    endpoint(route, methods, Cors::Resource, EndpointHandler::Protected(resource, serve))
}

const fn endpoint(route: &'static str, methods: &'static [Method], cors: Cors, handler: EndpointHandler) -> Endpoint {
    Endpoint { route, methods, cors, body_limit: FORM_LIMIT, limited: None, spends: false, handler }
}

impl Endpoint {
    const fn taking(self, body_limit: usize) -> Self {
        Self { body_limit, ..self }
    }

    const fn limited(self, limited: RateLimit) -> Self {
        Self { limited: Some(limited), ..self }
    }

    const fn spending(self) -> Self {
        Self { spends: true, ..self }
    }
}

/// Answers every request that carries its head; the filter rejects no other.
#[must_use]
pub(super) fn routes(app: Arc<App>) -> BoxedFilter<(Response,)> {
    Arriving::filter().then(move |arriving: Arriving| route(Arc::clone(&app), arriving)).boxed()
}

async fn route(app: Arc<App>, mut arriving: Arriving) -> Response {
    let server = Arc::clone(&app.server);
    let mut response = if arriving.is_readiness_probe() {
        arriving.refuse(&app.memory, || answer(StatusCode::OK, "text/plain", "ready\n")).await
    } else {
        match gateway::caller(&app, &mut arriving).await {
            Ok(caller) => {
                let span = gateway::span(&app, Some(caller), &arriving.head.headers);
                answered(app, arriving, caller).instrument(span).await
            }
            Err(refusal) => {
                let span = gateway::span(&app, None, &arriving.head.headers);
                past_the_gateway(app, arriving, refusal).instrument(span).await
            }
        }
    };
    harden(&mut response, server.base());
    response
}

async fn past_the_gateway(app: Arc<App>, arriving: Arriving, refusal: GatewayRefusal) -> Response {
    let (endpoint, texts) = (endpoint_of(&arriving.head.path), Texts::preferred(&arriving.head.headers));
    let format = endpoint.map_or(ErrorFormat::OAuth, |endpoint| endpoint.place(texts).format);
    gateway::report(&app, &refusal);
    let mut refused = arriving.refuse(&app.memory, || gateway::refuse(&app, &refusal, format)).await;
    if let Some(endpoint) = endpoint {
        endpoint.cors.decorate_refusal(&mut refused);
    }
    refused
}

fn endpoint_of(path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.matches(path))
}

async fn answered(app: Arc<App>, mut arriving: Arriving, caller: Ingress) -> Response {
    arriving.head.from = caller.network();
    let Some(endpoint) = endpoint_of(&arriving.head.path) else { return nowhere(&app, arriving).await };
    let (method, began) = (known(&arriving.head.method), Instant::now());
    let response = endpoint.answer(Arc::clone(&app), arriving, caller).await;
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    // Anybody can send requests that are refused, and a server that is down refuses all, so these are counted.
    let counted = (status >= 400).then(|| app.refused_requests.admit((endpoint.route, status)));
    if counted != Some(None) {
        let requests = counted.flatten().map(NonZeroU64::get);
        let (event, endpoint) = (OperationalEvent::RequestAnswered.as_str(), endpoint.route);
        tracing::debug!(event, method, endpoint, status, milliseconds, requests, "request");
    }
    response
}

async fn nowhere(app: &App, arriving: Arriving) -> Response {
    let is_path = !arriving.head.path.is_empty();
    let reason = if is_path { "there is no such path" } else { NO_TARGET };
    app.audit.report(&EventName::RequestRefused.event().because(reason));
    let no_target = || answer(StatusCode::BAD_REQUEST, "text/plain", format!("{NO_TARGET}\n"));
    arriving.refuse(&app.memory, || if is_path { empty(StatusCode::NOT_FOUND) } else { no_target() }).await
}

/// Anybody can make up a method.
fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
