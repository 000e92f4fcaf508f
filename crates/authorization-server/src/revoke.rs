//! Revocation: of a grant by its own client (RFC 7009), and of whatever must end.

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    family::{FamilyKey, RefreshToken},
    grant::Status,
    id::{GrantKey, Id},
    ports::{Advanced, Unavailable},
    server::AuthorizationServer,
};

/// How often a lost conditional write is decided again before the caller is told to come back.
pub(crate) const ATTEMPTS: usize = 5;

/// Why a token is not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// 401 `invalid_client`.
    #[error("the client is not registered")]
    UnknownClient,
    /// 503.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AuthorizationServer {
    /// Ends the grant behind an access or refresh token of this client. Any other token is answered alike, and nothing
    /// happens: RFC 7009 §2.1 would have a refusal, but that would tell a client which tokens exist.
    pub async fn revoke_token(&self, client_id: &str, token: &SecretString) -> Result<(), RevokeError> {
        let client = self.find_client(client_id).await?.ok_or(RevokeError::UnknownClient)?;
        if let Some(grant) = self.grant_behind(token, client.value.id).await? {
            self.revoke(grant).await?;
        }
        Ok(())
    }

    async fn grant_behind(&self, token: &SecretString, client: Id) -> Result<Option<GrantKey>, Unavailable> {
        let token = token.expose_secret();
        if let Some(claims) = self.open_access_token(token).await? {
            return Ok((claims.client == client).then_some(claims.grant));
        }
        let Some(token) = RefreshToken::parse(token) else { return Ok(None) };
        let Some(stored) = self.grants.get(&token.key).await? else { return Ok(None) };
        let family = &stored.value.family;
        let key = FamilyKey::open(self.sealer.as_ref(), token.key.grant, &family.sealed_key).await?;
        let genuine = key.is_some_and(|key| key.verifies(&token));
        Ok((genuine && stored.value.client == client).then_some(token.key))
    }

    /// Ends a grant, whatever is being written to it meanwhile, and drops the upstream's tokens.
    pub async fn revoke(&self, key: GrantKey) -> Result<(), Unavailable> {
        self.set_status(key, Status::Revoked).await?;
        self.upstream_tokens.delete(&key).await
    }

    pub(crate) async fn set_status(&self, key: GrantKey, status: Status) -> Result<(), Unavailable> {
        let mut current = self.grants.get(&key).await?;
        for _ in 0..ATTEMPTS {
            let Some(stored) = current else { return Ok(()) };
            if stored.value.status == status || stored.value.status == Status::Revoked {
                return Ok(());
            }
            match self.grants.advance(&stored.version, stored.value.with_status(status)).await? {
                Advanced::Done(_) => {
                    self.grant_cache.forget(&key);
                    return Ok(());
                }
                Advanced::Lost(next) => current = next,
            }
        }
        Err(contended())
    }
}

pub(crate) fn contended() -> Unavailable {
    Unavailable { what: "store", reason: "the record kept changing".into() }
}
