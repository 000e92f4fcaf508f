//! Whether an application may call with its token of Entra: unless the operator has blocked it, or the owner has refused it.

use super::principal::Principal;
use crate::{
    ground::Unavailable,
    server::AuthorizationServer,
    state::{entra_token::EntraToken, preauthorized::ApplicationId},
};

impl AuthorizationServer {
    /// Notes a call, once a day, and tells whether the token is accepted.
    pub(super) async fn call_by_entra(&self, principal: &Principal) -> Result<bool, Unavailable> {
        let Some(EntraToken { application, issued_at, .. }) = principal.entra_token() else { return Ok(false) };
        if self.is_entra_client_blocked(application).await? {
            return Ok(false);
        }
        let (owner, client, now) = (principal.owner, principal.client, self.now());
        if let Some(standing) = self.entra_standings.get(&(owner, client), now) {
            return Ok(standing.accepts(*issued_at));
        }
        let standing = self.note_entra_client(owner, application).await?;
        self.entra_standings.put((owner, client), standing, now);
        Ok(standing.accepts(*issued_at))
    }

    /// Tells the same from the store, which it does not change.
    pub(super) async fn entra_stands(&self, principal: &Principal, token: &EntraToken) -> Result<bool, Unavailable> {
        if self.is_entra_client_blocked(&token.application).await? {
            return Ok(false);
        }
        let document = self.owner(principal.owner).await?;
        let standing = document.map(|document| document.standing(&token.application)).unwrap_or_default();
        Ok(standing.accepts(token.issued_at))
    }

    async fn is_entra_client_blocked(&self, application: &ApplicationId) -> Result<bool, Unavailable> {
        Ok(self.blocks().await?.block_entra_application(application))
    }
}
