//! The caller of the protected resource.

use std::sync::{Arc, OnceLock};

use oauth_protocol::scope::Scope;
use time::OffsetDateTime;

use super::downstream_error::DownstreamError;
use crate::{
    ground::{GrantKey, Holder, Id},
    state::{access_token::AccessToken, entra_token::EntraToken, roles::Roles},
};

/// The caller. A tool acts for no other identity.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The owner's partition.
    pub owner: Id,
    /// The client that calls.
    pub client: Id,
    /// The granted scope.
    pub scope: Scope,
    /// When its access token ends.
    pub expires_at: OffsetDateTime,
    /// The credential by which it may act for the owner.
    pub credential: Credential,
    /// The roles of the owner, once a tool has needed them.
    pub roles: ReadRoles,
}

/// The roles of one caller, or why they are not known. A call is judged by one reading of them, before it is dispatched and
/// after.
#[derive(Clone, Debug, Default)]
pub struct ReadRoles(Arc<OnceLock<Result<Roles, DownstreamError>>>);

impl ReadRoles {
    /// The roles that were read before; without any, those that `read` gives.
    pub(super) async fn or_read(
        &self,
        read: impl Future<Output = Result<Roles, DownstreamError>>,
    ) -> Result<Roles, DownstreamError> {
        if let Some(known) = self.0.get() {
            return known.clone();
        }
        let now = read.await;
        self.0.get_or_init(|| now).clone()
    }
}

/// The credential by which a client may act for an owner.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A grant of this server, and the refresh-token generation of the access token.
    Grant {
        /// The grant's id.
        id: Id,
        /// The generation.
        generation: u32,
    },
    /// An access token that Entra issued to the client itself.
    Entra(EntraToken),
}

impl Credential {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Id {
        match self {
            Self::Grant { id, .. } => *id,
            Self::Entra(token) => token.id(),
        }
    }
}

impl Principal {
    /// Its names in the log and in limits.
    #[must_use]
    pub fn holder(&self) -> Holder {
        Holder { owner: self.owner, client: self.client, grant: self.grant().map(|key| key.grant) }
    }

    /// The grant that it acts by.
    #[must_use]
    pub fn grant(&self) -> Option<GrantKey> {
        match self.credential {
            Credential::Grant { id: grant, .. } => Some(GrantKey { owner: self.owner, grant }),
            Credential::Entra(_) => None,
        }
    }

    /// The token of Entra that it acts by.
    #[must_use]
    pub fn entra_token(&self) -> Option<&EntraToken> {
        match &self.credential {
            Credential::Grant { .. } => None,
            Credential::Entra(token) => Some(token),
        }
    }

    pub(super) fn of(claims: AccessToken) -> Self {
        let (expires_at, GrantKey { owner, grant }) = (claims.expires_at(), claims.grant);
        let credential = Credential::Grant { id: grant, generation: claims.generation };
        let roles = ReadRoles::default();
        Self { owner, client: claims.client, scope: claims.scope, expires_at, credential, roles }
    }
}
