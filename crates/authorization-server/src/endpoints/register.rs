//! `POST /register` (RFC 7591). Anyone may register, so a registration grants nothing and expires unless it is used.

use oauth_protocol::{client_metadata::ClientMetadata, registration_response::RegistrationResponse};

use crate::{
    ground::{Created, EventName, Id, Network, TooMany, Unavailable, lifetimes::UNUSED_CLIENT_LIFETIME},
    server::AuthorizationServer,
    state::{
        client::{Client, Origin},
        scopes,
    },
    waiting_registrations::Admission,
};

/// When a network that has too many waiting registrations may register again.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_mins(1);

/// Why a client is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// No place is free for another unused registration, and this network has the most of them.
    #[error("too many registrations wait for their first use")]
    TooManyWait(TooMany),
    /// The store is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl RegisterError {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::TooManyWait(_) => Some("too many registrations wait for their first use"),
            Self::Unavailable(_) => None,
        }
    }
}

impl AuthorizationServer {
    /// Registers a public client for a caller from this network.
    pub async fn register(
        &self,
        metadata: ClientMetadata,
        from: Network,
    ) -> Result<RegistrationResponse, RegisterError> {
        let now = self.now();
        let client = Client {
            id: self.random_id(),
            origin: Origin::Registration,
            name: metadata.client_name.clone(),
            redirect_uris: metadata.redirect_uris.clone(),
            registered_at: now,
            used_at: None,
            days_used: 0,
            expires_at: now + UNUSED_CLIENT_LIFETIME,
        };
        let id = client.id;
        self.take_place(id, from).await?;
        match self.ports.clients.create(client).await.inspect_err(|_| self.waiting_registrations.forget(id))? {
            Created::Done(_) => {
                self.report(EventName::ClientRegistered.event().client(id));
                let scope = scopes::granted(metadata.scope.as_ref(), self.default_scope()).to_string();
                Ok(RegistrationResponse::new(metadata, id.to_string(), now.unix_timestamp(), scope))
            }
            Created::Exists(_) => Err(Unavailable::entropy("a client id came up twice").into()),
        }
    }

    /// Takes a place among the clients that wait for their first use. The one that must make room is ended, unless it was used
    /// through another process: then its place was free.
    pub(crate) async fn take_place(&self, id: Id, from: Network) -> Result<(), RegisterError> {
        loop {
            match self.waiting_registrations.admit(id, from) {
                Admission::Free => return Ok(()),
                Admission::InsteadOf(lost) => {
                    let dropped = self.drop_registration(lost).await;
                    dropped.inspect_err(|_| self.waiting_registrations.forget(id))?;
                    return Ok(());
                }
                Admission::Refused(lost) if self.drop_registration(lost).await? => {
                    return Err(RegisterError::TooManyWait(TooMany { wait: RETRY_AFTER }));
                }
                Admission::Refused(_) => {}
            }
        }
    }

    /// Returns whether this ended it.
    async fn drop_registration(&self, lost: Id) -> Result<bool, Unavailable> {
        let dropped = self.end_unused_registration(lost).await?;
        if dropped {
            self.report(EventName::RegistrationDropped.event().client(lost));
        }
        Ok(dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_log_hears_why_unless_a_service_is_down() {
        let many = RegisterError::TooManyWait(TooMany { wait: RETRY_AFTER });
        assert_eq!(many.reason(), Some("too many registrations wait for their first use"));
        assert_eq!(RegisterError::from(Unavailable::store("down")).reason(), None);
    }
}
