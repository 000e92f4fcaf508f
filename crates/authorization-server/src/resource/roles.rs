//! The app roles of a principal's user. They are read from the access token that Entra has issued for this server, which is
//! renewed after an hour. So a role that an administrator takes away has no effect after an hour.

use async_trait::async_trait;

use crate::{
    ground::{GrantKey, Id, Stored},
    resource::{
        authenticate::{Credential, Principal},
        downstream::DownstreamError,
    },
    server::AuthorizationServer,
    state::{roles::Roles, upstream_tokens::UpstreamTokens},
    upstream::UpstreamRefusal,
};

/// Tells the roles of callers.
#[async_trait]
pub trait CallerRoles: Send + Sync {
    /// The roles of the principal's user, from a token that was issued less than an hour ago, or from the one that the client got
    /// from Entra itself. They are read once for a principal, which is that of one request.
    async fn roles(&self, principal: &Principal) -> Result<Roles, DownstreamError>;
}

#[async_trait]
impl CallerRoles for AuthorizationServer {
    async fn roles(&self, principal: &Principal) -> Result<Roles, DownstreamError> {
        match &principal.credential {
            Credential::Entra(token) => Ok(token.roles.clone()),
            Credential::Grant { id, .. } => principal.roles.or_read(self.roles_of_grant(principal, *id)).await,
        }
    }
}

impl AuthorizationServer {
    async fn roles_of_grant(&self, principal: &Principal, grant: Id) -> Result<Roles, DownstreamError> {
        let key = GrantKey { owner: principal.owner, grant };
        let stored = self.assertion(key).await?;
        if let Some(roles) = self.current_roles(&stored).await? {
            return Ok(roles);
        }
        if self.renewed_without_roles.get(&key, self.now()).is_none() {
            let renewed = self.next_assertion(&principal.scope, stored).await?;
            if let Some(roles) = self.current_roles(&renewed).await? {
                return Ok(roles);
            }
            self.renewed_without_roles.put(key, (), self.now());
        }
        Err(DownstreamError::Refused("a renewed access token has no current roles".to_owned()))
    }

    /// `None` if the token has to be renewed first.
    async fn current_roles(&self, stored: &Stored<UpstreamTokens>) -> Result<Option<Roles>, DownstreamError> {
        let key = stored.value.key;
        let Some(secrets) = self.open(&stored.value.sealed, key.grant).await? else { return Ok(None) };
        match self.ports.upstream.roles(&secrets.access_token, key.owner).await {
            Ok(roles) => Ok(Some(roles).filter(|roles| self.now() < roles.end())),
            Err(UpstreamRefusal::Unavailable(unavailable)) => Err(unavailable.into()),
            Err(refusal) => {
                tracing::info!(counted = true, error = %refusal, grant = %key.grant, "roles not read from the upstream token");
                Ok(None)
            }
        }
    }
}
