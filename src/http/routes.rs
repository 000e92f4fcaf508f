//! The table of endpoints, and the router made from it. The function folders have the same routes.

use std::sync::Arc;

use http::{Method, StatusCode};
use tracing::Instrument as _;
use warp::{Filter, filters::BoxedFilter};

use super::{
    app::App,
    authorize, connections, consent,
    cors::Cors,
    endpoint::{Endpoint, Serve},
    gateway::{self, Caller},
    health,
    limits::Limited,
    mcp, mcp_message, mcp_sse, metadata, oauth_callback, register,
    reply::{Response, answer, empty, harden},
    request::Arriving,
    revoke, token,
};
use crate::telemetry::request_span;

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];
const GET_POST: &[Method] = &[Method::GET, Method::POST];

const FORM: usize = 64 * 1024;
const CONSENT_FORM: usize = 16 * 1024;
const MESSAGE: usize = 1024 * 1024;

static ENDPOINTS: &[Endpoint] = &[
    endpoint(metadata::AUTHORIZATION_SERVER, GET, Cors::AnyOrigin, |app, _| {
        Box::pin(async move { metadata::authorization_server(&app) })
    }),
    endpoint(metadata::PROTECTED_RESOURCE, GET, Cors::AnyOrigin, |app, incoming| {
        Box::pin(async move { metadata::protected_resource(&app, &incoming) })
    }),
    endpoint("register", POST, Cors::AnyOrigin, |app, incoming| Box::pin(register::post(app, incoming)))
        .limited(Limited::Register),
    endpoint("authorize", GET, Cors::SameOrigin, |app, incoming| Box::pin(authorize::get(app, incoming)))
        .limited(Limited::Authorize),
    endpoint("consent", GET_POST, Cors::SameOrigin, |app, incoming| Box::pin(consent::serve(app, incoming)))
        .taking(CONSENT_FORM),
    endpoint("oauth-callback", GET, Cors::SameOrigin, |app, incoming| Box::pin(oauth_callback::get(app, incoming))),
    endpoint("token", POST, Cors::AnyOrigin, |app, incoming| Box::pin(token::post(app, incoming)))
        .limited(Limited::Token),
    endpoint("revoke", POST, Cors::AnyOrigin, |app, incoming| Box::pin(revoke::post(app, incoming))),
    endpoint("connections", GET_POST, Cors::SameOrigin, |app, incoming| Box::pin(connections::serve(app, incoming))),
    endpoint("health", GET, Cors::SameOrigin, |app, incoming| Box::pin(health::get(app, incoming))),
    endpoint("mcp/sse", GET, Cors::Resource, |app, incoming| Box::pin(mcp_sse::get(app, incoming))),
    endpoint("mcp/message", POST, Cors::Resource, |app, incoming| Box::pin(mcp_message::post(app, incoming)))
        .taking(MESSAGE),
    endpoint("mcp", POST, Cors::Resource, |app, incoming| Box::pin(mcp::post(app, incoming))).taking(MESSAGE),
];

const fn endpoint(route: &'static str, methods: &'static [Method], cors: Cors, serve: Serve) -> Endpoint {
    Endpoint { route, methods, cors, body_limit: FORM, limited: None, serve }
}

impl Endpoint {
    const fn taking(self, body_limit: usize) -> Self {
        Self { body_limit, ..self }
    }

    const fn limited(self, limited: Limited) -> Self {
        Self { limited: Some(limited), ..self }
    }
}

/// The routes, as the function folders must state them.
pub fn function_routes() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().map(|endpoint| endpoint.route)
}

/// Every request gets an answer; nothing is rejected.
#[must_use]
pub fn routes(app: Arc<App>) -> BoxedFilter<(Response,)> {
    Arriving::filter()
        .then(move |arriving: Arriving| {
            let span = request_span(arriving.headers());
            route(Arc::clone(&app), arriving).instrument(span)
        })
        .boxed()
}

async fn route(app: Arc<App>, mut arriving: Arriving) -> Response {
    let mut response = if arriving.is_readiness_probe() {
        ready(arriving).await
    } else {
        match gateway::caller(&app, &mut arriving).await {
            Ok(caller) => answered(app, arriving, caller).await,
            Err(refusal) => {
                arriving.read(0).await;
                refusal
            }
        }
    };
    harden(&mut response);
    response
}

async fn answered(app: Arc<App>, arriving: Arriving, caller: Caller) -> Response {
    let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.matches(arriving.path()));
    let incoming = arriving.read(endpoint.map_or(FORM, |endpoint| endpoint.body_limit)).await;
    let Some(endpoint) = endpoint else { return empty(StatusCode::NOT_FOUND) };
    let (method, server) = (incoming.method.clone(), Arc::clone(&app.server));
    let began = server.now();
    let response = endpoint.answer(app, incoming, caller).await;
    let milliseconds = (server.now() - began).whole_milliseconds();
    tracing::info!(%method, endpoint = endpoint.route, status = response.status().as_u16(), milliseconds, "request");
    response
}

async fn ready(probe: Arriving) -> Response {
    probe.read(0).await;
    answer(StatusCode::OK, "text/plain", "ready\n")
}
