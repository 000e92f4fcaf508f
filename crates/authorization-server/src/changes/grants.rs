//! Grants that end, or wait for their owner.

use super::{ATTEMPTS, contended};
use crate::{
    ground::{Advanced, GrantKey, Unavailable},
    server::AuthorizationServer,
    state::grant::Status,
};

impl AuthorizationServer {
    /// Ends a grant, whatever is being written to it meanwhile, and drops the upstream's tokens.
    pub async fn revoke(&self, key: GrantKey) -> Result<(), Unavailable> {
        self.set_status(key, Status::Revoked).await?;
        self.ports.upstream_tokens.delete(&key).await
    }

    pub(crate) async fn set_status(&self, key: GrantKey, status: Status) -> Result<(), Unavailable> {
        let mut current = self.ports.grants.get(&key).await?;
        for _ in 0..ATTEMPTS {
            let Some(stored) = current else { return Ok(()) };
            if stored.value.status == status || stored.value.status == Status::Revoked {
                return Ok(());
            }
            match self.ports.grants.advance(&stored.version, stored.value.with_status(status)).await? {
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
