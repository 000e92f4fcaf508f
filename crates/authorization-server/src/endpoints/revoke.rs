//! `POST /revoke` (RFC 7009): a client revokes its own grant.

use oauth_protocol::revocation_request::RevocationRequest;
use secrecy::{ExposeSecret as _, SecretString};

use super::client_authentication::ClientError;
use crate::{
    ground::{Ended, GrantKey, Id, Network, TooMany, Unavailable},
    server::AuthorizationServer,
    state::family::RefreshToken,
};

/// Why a token is not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// 401 `invalid_client`.
    #[error("the client is not registered")]
    UnknownClient,
    /// 401 `invalid_client`.
    #[error("{0}")]
    UnauthenticatedClient(&'static str),
    /// 503: the client's keys would have to be fetched, and too many were in the last minute.
    #[error("too many metadata documents were fetched")]
    TooManyDocuments(TooMany),
    /// 503.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<ClientError> for RevokeError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unknown => Self::UnknownClient,
            ClientError::Unauthenticated(reason) => Self::UnauthenticatedClient(reason),
            ClientError::TooManyDocuments(too_many) => Self::TooManyDocuments(too_many),
            ClientError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl RevokeError {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::UnknownClient => Some("the client is not registered"),
            Self::UnauthenticatedClient(reason) => Some(reason),
            Self::TooManyDocuments(_) => Some("too many metadata documents were fetched"),
            Self::Unavailable(_) => None,
        }
    }
}

impl AuthorizationServer {
    /// Revokes the grant behind an access or refresh token of this client. Any other token gets the same answer and has no
    /// effect. RFC 7009 §2.1 asks for a refusal, which would tell a client that the token exists.
    pub async fn revoke_token(&self, request: &RevocationRequest, from: Network) -> Result<(), RevokeError> {
        let client = self.authenticate_client(&request.client, from).await?.id;
        if let Some(grant) = self.grant_behind(&request.token, client).await? {
            self.revoke(grant, Ended::RevokedByClient).await?;
        }
        Ok(())
    }

    async fn grant_behind(&self, token: &SecretString, client: Id) -> Result<Option<GrantKey>, Unavailable> {
        let token = token.expose_secret();
        if let Some(claims) = self.open_access_token(token).await? {
            return Ok((claims.client == client).then_some(claims.grant));
        }
        let Some(token) = RefreshToken::parse(token) else { return Ok(None) };
        let Some(stored) = self.ports.grants.get(&token.key).await? else { return Ok(None) };
        let family = &stored.value.family;
        let key = self.open(&family.sealed_key, token.key.grant).await?;
        let genuine = key.is_some_and(|key| key.verifies(&token));
        Ok((genuine && stored.value.client == client).then_some(token.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_log_hears_why_unless_a_service_is_down() {
        assert_eq!(RevokeError::UnknownClient.reason(), Some("the client is not registered"));
        assert_eq!(RevokeError::UnauthenticatedClient("no key").reason(), Some("no key"));
        assert_eq!(RevokeError::from(Unavailable::store("down")).reason(), None);
    }
}
