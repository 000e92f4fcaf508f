//! Metadata of the authorization server (RFC 8414) and of the protected resource (RFC 9728).

use authorization_server::ground::EventName;
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::metadata::{AuthorizationServerMetadata, ProtectedResourceMetadata};
use serde::Serialize;

use super::{
    app::App,
    head::Head,
    reply::{Response, empty, json},
    request::Incoming,
    resource::Resource,
};

/// Path of the authorization server's document.
pub(super) const AUTHORIZATION_SERVER: &str = ".well-known/oauth-authorization-server";
/// Path of the documents of the protected resources.
pub(super) const PROTECTED_RESOURCE: &str = ".well-known/oauth-protected-resource/{*path}";

pub(super) fn authorization_server(app: &App) -> Response {
    let documents = app.server.document_hosts().allow_any();
    cacheable(&AuthorizationServerMetadata::new(app.server.base(), &advertised(app), documents))
}

pub(super) fn protected_resource(app: &App, incoming: &Incoming) -> Response {
    let path = ProtectedResourceMetadata::resource_path(&incoming.path).unwrap_or_default();
    if Resource::ALL.into_iter().any(|resource| resource.is_at(path)) {
        return cacheable(&document(app, path));
    }
    let event = EventName::RequestRefused.event().at(PROTECTED_RESOURCE);
    app.audit.report(&event.because("there is no resource at this path"));
    empty(StatusCode::NOT_FOUND)
}

/// URL of the document of the resource that this request is to. A client that was given an address with a slash at its end
/// compares `resource` with that.
pub(super) fn document_url(app: &App, resource: Resource, request: &Head) -> String {
    ProtectedResourceMetadata::url(app.server.base(), resource.path_of(request))
}

fn document(app: &App, path: &str) -> ProtectedResourceMetadata {
    ProtectedResourceMetadata::new(app.server.base(), path, &advertised(app), &app.server_name)
}

/// The scopes of a first sign-in. Clients ask for all that they find here, so the others are not named: a challenge asks for
/// them when they are needed (RFC 8414 §2 and RFC 9728 §2 allow it).
fn advertised(app: &App) -> Vec<&str> {
    app.server.default_scope().tokens().collect()
}

fn cacheable(document: &impl Serialize) -> Response {
    let mut response = json(StatusCode::OK, document);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
