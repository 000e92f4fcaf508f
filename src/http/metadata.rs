//! Metadata of the authorization server (RFC 8414) and of the protected resource (RFC 9728).

use authorization_server::state::scopes;
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::metadata::{AuthorizationServerMetadata, ProtectedResourceMetadata};
use serde::Serialize;

use super::{
    app::App,
    reply::{Response, empty, json},
    request::Incoming,
};

/// Path of the authorization server's document.
pub(super) const AUTHORIZATION_SERVER: &str = ".well-known/oauth-authorization-server";
/// Path of the documents of the protected resources.
pub(super) const PROTECTED_RESOURCE: &str = ".well-known/oauth-protected-resource/{*path}";

const RESOURCE_PREFIX: &str = "/.well-known/oauth-protected-resource";

/// A protected resource. Clients compare `resource` with the URL that they were given, so each has a document of its own.
#[derive(Clone, Copy)]
pub(super) enum Resource {
    /// The server as a whole.
    Server,
    /// Streamable HTTP.
    Mcp,
    /// HTTP+SSE: the stream and its message endpoint.
    McpSse,
}

impl Resource {
    pub(super) const ALL: [Self; 3] = [Self::Server, Self::Mcp, Self::McpSse];

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Server => "",
            Self::Mcp => "/mcp",
            Self::McpSse => "/mcp/sse",
        }
    }
}

pub(super) fn authorization_server(app: &App) -> Response {
    cacheable(&AuthorizationServerMetadata::new(app.server.base(), &scopes::names()))
}

pub(super) fn protected_resource(app: &App, incoming: &Incoming) -> Response {
    let path = incoming.path.strip_prefix(RESOURCE_PREFIX).unwrap_or_default();
    match Resource::ALL.into_iter().find(|resource| resource.path() == path) {
        Some(resource) => cacheable(&document(app, resource)),
        None => empty(StatusCode::NOT_FOUND),
    }
}

/// URL of a resource's document.
pub(super) fn document_url(app: &App, resource: Resource) -> String {
    app.server.base().join(&format!("{RESOURCE_PREFIX}{}", resource.path()))
}

fn document(app: &App, resource: Resource) -> ProtectedResourceMetadata {
    ProtectedResourceMetadata::new(app.server.base(), resource.path(), &scopes::names(), &app.server_name)
}

fn cacheable(document: &impl Serialize) -> Response {
    let mut response = json(StatusCode::OK, document);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
