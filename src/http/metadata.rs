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

/// Path of the server's document.
pub(super) const AUTHORIZATION_SERVER: &str = ".well-known/oauth-authorization-server";
/// Paths of the resources' documents, one below another.
pub(super) const PROTECTED_RESOURCE: &str = ".well-known/oauth-protected-resource/{*path}";

const RESOURCE_PREFIX: &str = "/.well-known/oauth-protected-resource";
/// Clients compare `resource` with the URL that they were given, so each path has a document of its own.
const RESOURCES: [&str; 3] = ["", "/mcp", "/mcp/sse"];

pub(super) fn authorization_server(app: &App) -> Response {
    cacheable(&AuthorizationServerMetadata::new(app.server.base(), &scopes::names()))
}

pub(super) fn protected_resource(app: &App, incoming: &Incoming) -> Response {
    let path = incoming.path.strip_prefix(RESOURCE_PREFIX).unwrap_or_default();
    match RESOURCES.iter().find(|resource| **resource == path) {
        Some(resource) => cacheable(&document(app, resource)),
        None => empty(StatusCode::NOT_FOUND),
    }
}

/// URL of the document that describes a resource path.
pub(super) fn document_url(app: &App, resource: &str) -> String {
    app.server.base().join(&format!("{RESOURCE_PREFIX}{resource}"))
}

fn document(app: &App, resource: &str) -> ProtectedResourceMetadata {
    ProtectedResourceMetadata::new(app.server.base(), resource, &scopes::names(), &app.server_name)
}

fn cacheable(document: &impl Serialize) -> Response {
    let mut response = json(StatusCode::OK, document);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
