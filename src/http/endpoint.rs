//! The checks of all endpoints: Host, Origin, method, rate, bearer, and CORS.

use std::sync::Arc;

use authorization_server::{ground::EventName, resource::authenticate::Principal};
use futures_util::future::BoxFuture;
use http::{HeaderValue, Method, StatusCode, header};
use oauth_protocol::loopback::is_loopback;
use url::Url;

use super::{
    app::App,
    bearer,
    cors::{Cors, Readable},
    gateway::Caller,
    limits::{Limited, TooMany},
    metadata::Resource,
    pages::{self, ErrorPage},
    reply::{Response, answer, empty, oauth_error, retry_after},
    request::Incoming,
};

/// A handler: it decodes, calls one service, encodes.
pub(super) enum Handler {
    /// Anybody may call it, and a GET changes nothing.
    Public(fn(Arc<App>, Incoming) -> BoxFuture<'static, Response>),
    /// For browsers. A GET may change something, so a HEAD, which must not (RFC 9110 §9.2.1), never reaches it.
    Page(fn(Arc<App>, Incoming) -> BoxFuture<'static, Response>),
    /// Only the bearer of an access token may call it.
    Protected(Resource, fn(Arc<App>, Incoming, Principal) -> BoxFuture<'static, Response>),
}

/// One endpoint; in Azure, one function folder with the same route.
pub(super) struct Endpoint {
    /// As in `function.json`: a trailing `/{*path}` matches nothing or anything below.
    pub route: &'static str,
    /// GET includes HEAD; OPTIONS is answered for all.
    pub methods: &'static [Method],
    /// The origins that may read the answers.
    pub cors: Cors,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// The limit for each address, if there is one.
    pub limited: Option<Limited>,
    pub handler: Handler,
}

impl Endpoint {
    /// Whether a path, as it was sent, is this endpoint's.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        match self.route.strip_suffix("/{*path}") {
            None => path == self.route,
            Some(prefix) => path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }

    /// Answers a request to this endpoint.
    pub(super) async fn answer(&self, app: Arc<App>, incoming: Incoming, caller: Caller) -> Response {
        let Ok(readable) = self.cors.judge(&incoming.headers, app.server.base().issuer(), &app.allowed_origins) else {
            let mut response = self.refused(&app, "this origin may not call this server");
            self.cors.decorate_refusal(&mut response);
            return response;
        };
        let mut response = if caller == Caller::Direct && !host_is_ours(&incoming, &app) {
            self.refused(&app, "the Host header does not name this server")
        } else if incoming.is_prefetch() {
            let text = "this server answers no prefetch: open the page itself\n";
            answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain", text)
        } else if incoming.method == Method::OPTIONS {
            self.options(&readable)
        } else if !self.allows(&incoming.method) {
            self.with_allow(empty(StatusCode::METHOD_NOT_ALLOWED))
        } else if let Err(too_many) = self.take(&app, caller) {
            self.too_many(&app, too_many)
        } else {
            self.handler.serve(app, incoming).await
        };
        readable.decorate(&mut response);
        response
    }

    /// Counts the request against the limit of its address. Only the gateway knows addresses.
    fn take(&self, app: &App, caller: Caller) -> Result<(), TooMany> {
        match (self.limited, caller) {
            (Some(limited), Caller::ThroughGateway(address)) => app.limits.take(limited, address),
            (None, _) | (_, Caller::Direct) => Ok(()),
        }
    }

    fn refused(&self, app: &App, reason: &'static str) -> Response {
        app.audit.report(&EventName::RequestRefused.event().at(self.route).because(reason));
        answer(StatusCode::FORBIDDEN, "text/plain", format!("{reason}\n"))
    }

    fn too_many(&self, app: &App, TooMany(wait): TooMany) -> Response {
        app.audit.report(&EventName::LimitReached.event().at(self.route).because("requests of one address"));
        let status = StatusCode::TOO_MANY_REQUESTS;
        let response = match self.cors {
            Cors::SameOrigin => {
                let text = "Too many requests came from your network. Try again in a minute.";
                pages::error(app, &ErrorPage::plain(status, "Too many requests", text))
            }
            Cors::AnyOrigin | Cors::Resource => {
                oauth_error(status, "temporarily_unavailable", "too many requests from one address; try again later")
            }
        };
        retry_after(response, wait)
    }

    fn options(&self, readable: &Readable) -> Response {
        let mut response = self.with_allow(empty(StatusCode::NO_CONTENT));
        readable.preflight(&mut response, &self.allow());
        response
    }

    fn allows(&self, method: &Method) -> bool {
        self.methods.contains(method) || (*method == Method::HEAD && self.methods.contains(&Method::GET))
    }

    fn allow(&self) -> String {
        self.methods.iter().map(Method::as_str).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
    }

    fn with_allow(&self, mut response: Response) -> Response {
        if let Ok(allow) = HeaderValue::from_str(&self.allow()) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

impl Handler {
    async fn serve(&self, app: Arc<App>, incoming: Incoming) -> Response {
        match self {
            Self::Page(_) if incoming.method == Method::HEAD => answer(StatusCode::OK, "text/html; charset=utf-8", ""),
            Self::Public(serve) | Self::Page(serve) => serve(app, incoming).await,
            Self::Protected(resource, serve) => match bearer::authenticate(&app, *resource, &incoming).await {
                Ok(_) if incoming.method == Method::HEAD => answer(StatusCode::OK, "text/event-stream", ""),
                Ok(principal) => serve(app, incoming, principal).await,
                Err(challenge) => challenge,
            },
        }
    }
}

/// Without a gateway, Host must name us or loopback, against DNS rebinding. The Functions host sends 127.0.0.1.
fn host_is_ours(incoming: &Incoming, app: &App) -> bool {
    let Some(host) = incoming.header(header::HOST) else { return false };
    if host.eq_ignore_ascii_case(app.server.base().host()) {
        return true;
    }
    // Anything else, such as a path, would be no part of a host.
    let is_authority = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
    is_authority && Url::parse(&format!("http://{host}/")).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
}
