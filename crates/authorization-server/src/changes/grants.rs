//! Revokes, marks and unissues grants.

use super::{Change, change};
use crate::{
    ground::{GrantKey, Stored, Unavailable},
    server::AuthorizationServer,
    state::grant::{Grant, Status},
};

impl AuthorizationServer {
    /// Revokes a grant in spite of concurrent writes, and deletes the upstream's tokens.
    pub async fn revoke(&self, key: GrantKey) -> Result<(), Unavailable> {
        self.set_status(key, Status::Revoked).await?;
        self.ports.upstream_tokens.delete(&key).await
    }

    /// Marks a grant: the owner must sign in again before the upstream issues another token.
    pub(crate) async fn mark(&self, key: GrantKey) -> Result<(), Unavailable> {
        self.set_status(key, Status::Marked).await
    }

    async fn set_status(&self, key: GrantKey, status: Status) -> Result<(), Unavailable> {
        let decide = |grant: Option<Grant>| {
            let changes = |grant: &Grant| grant.status != status && grant.status != Status::Revoked;
            let next = grant.filter(changes).map(|grant| grant.with_status(status));
            Ok::<_, Unavailable>(next.map_or(Change::Keep(()), |next| Change::Write(next, ())))
        };
        change(self.ports.grants.as_ref(), &key, decide).await?;
        self.grant_cache.forget(&key);
        Ok(())
    }

    /// Unissues a grant whose tokens nobody received, so that its code can be redeemed again. If this fails too, the code is
    /// spent, and the owner has to sign in again.
    pub(crate) async fn unissue(&self, granted: &Stored<Grant>) {
        if let Err(error) = self.ports.grants.advance(&granted.version, granted.value.unissued()).await {
            tracing::warn!(%error, "could not unissue a grant whose tokens nobody received");
        }
    }
}
