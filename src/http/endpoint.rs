//! An endpoint: its route, its methods, its limits, its handler.

use std::sync::Arc;

use authorization_server::resource::authenticate::Principal;
use futures_util::future::BoxFuture;
use http::Method;

use super::{
    app::App,
    cors::Cors,
    limits::RateLimit,
    pages::Texts,
    reply::Response,
    request::Incoming,
    resource::Resource,
    too_many::{ErrorFormat, Place},
};

/// Answers a request of an owner.
pub(super) type ServePrincipal = fn(Arc<App>, Incoming, Principal) -> BoxFuture<'static, Response>;

/// A handler: it decodes, calls one service, encodes.
pub(super) enum EndpointHandler {
    /// Anybody may call it, and a GET changes nothing.
    Public(fn(Arc<App>, Incoming) -> BoxFuture<'static, Response>),
    /// For browsers. A GET may change something, so a HEAD, which must not (RFC 9110 §9.2.1), never reaches it.
    Page(fn(Arc<App>, Incoming) -> BoxFuture<'static, Response>),
    /// Only the bearer of an access token may call it.
    Protected(Resource, ServePrincipal),
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
    pub limited: Option<RateLimit>,
    /// Whether a GET spends something, so that its answer cannot be asked for again.
    pub spends: bool,
    pub handler: EndpointHandler,
}

impl Endpoint {
    /// Whether a path, as it was sent, is this endpoint's.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        // People type the address of an MCP server with a slash at its end, too.
        let path = if self.cors == Cors::Resource { path.strip_suffix('/').unwrap_or(path) } else { path };
        match self.route.strip_suffix("/{*path}") {
            None => path == self.route,
            Some(prefix) => path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }

    /// Whether an answer here may tell of something that cannot happen again: the redemption of a code, a registration, a tool call.
    pub(super) fn must_arrive(&self, method: &Method) -> bool {
        self.spends || !method.is_safe()
    }

    /// The name of this endpoint in a refusal by a limit, and the format of its errors.
    pub(super) fn place<'a>(&self, texts: &'a Texts) -> Place<'a> {
        let format = match self.handler {
            EndpointHandler::Page(_) => ErrorFormat::Page(texts),
            EndpointHandler::Public(_) => ErrorFormat::OAuth,
            EndpointHandler::Protected(..) => ErrorFormat::JsonRpc,
        };
        Place { endpoint: self.route, format }
    }
}
