//! Metadata of the authorization server (RFC 8414) and of the protected resource (RFC 9728).

mod authorization_server;
mod protected_resource;

pub use self::{authorization_server::AuthorizationServerMetadata, protected_resource::ProtectedResourceMetadata};
