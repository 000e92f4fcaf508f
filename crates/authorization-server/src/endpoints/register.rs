//! `POST /register` (RFC 7591). Anyone may register, so a registration grants nothing and expires unless it is used.

use oauth_protocol::{
    client_metadata::{ClientMetadata, RegistrationError},
    registration_response::RegistrationResponse,
};

use crate::{
    ground::{Created, EventName, Unavailable, lifetimes::UNUSED_CLIENT_LIFETIME},
    server::AuthorizationServer,
    state::{client::Client, scopes},
};

/// Why a client is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// RFC 7591 §3.2.2.
    #[error(transparent)]
    Metadata(#[from] RegistrationError),
    /// The store is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl RegisterError {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Metadata(error) => Some(error.description()),
            Self::Unavailable(_) => None,
        }
    }
}

impl AuthorizationServer {
    /// Registers a public client.
    pub async fn register(&self, body: &[u8]) -> Result<RegistrationResponse, RegisterError> {
        let metadata = ClientMetadata::from_json(body, &self.schemes, self.base())?;
        let now = self.now();
        let client = Client {
            id: self.random_id(),
            name: metadata.client_name.clone(),
            redirect_uris: metadata.redirect_uris.clone(),
            registered_at: now,
            used_at: None,
            expires_at: now + UNUSED_CLIENT_LIFETIME,
        };
        let id = client.id.to_string();
        match self.ports.clients.create(client).await? {
            Created::Done(client) => {
                self.report(EventName::ClientRegistered.event().client(client.value.id));
                let scope = scopes::granted(metadata.scope.as_ref()).to_string();
                Ok(RegistrationResponse::new(metadata, id, now.unix_timestamp(), scope))
            }
            Created::Exists(_) => Err(Unavailable::entropy("a client id came up twice").into()),
        }
    }
}
