//! Claims that tokens of Entra lack. A process that meets such a demand while a tool runs notes it for all processes.

use async_trait::async_trait;

use super::principal::Principal;
use crate::{
    changes::{Change, change},
    ground::Unavailable,
    server::AuthorizationServer,
    state::{
        api::ApiScopes,
        challenged_token::{ChallengedToken, LackedClaims, TokenKey},
        claims::Claims,
        scopes::scope_of,
    },
};

/// Remembers for every process which claims tokens of Entra lack.
#[async_trait]
pub trait ChallengedTokens: Send + Sync {
    /// Notes the claims that this principal's token lacks for these scopes.
    async fn note(&self, principal: &Principal, scopes: &ApiScopes, claims: &Claims) -> Result<(), Unavailable>;

    /// Everything that was noted of this principal's token.
    async fn noted(&self, principal: &Principal) -> Result<Vec<LackedClaims>, Unavailable>;
}

#[async_trait]
impl ChallengedTokens for AuthorizationServer {
    async fn note(&self, principal: &Principal, scopes: &ApiScopes, claims: &Claims) -> Result<(), Unavailable> {
        let Some(key) = key(principal) else { return Ok(()) };
        let lacked = LackedClaims { scope: scope_of(scopes), claims: claims.clone() };
        let decide = |noted: Option<ChallengedToken>| {
            let token = noted.unwrap_or_else(|| ChallengedToken::new(key, principal.expires_at));
            Ok::<_, Unavailable>(Change::Write(token.lacking(lacked.clone()), ()))
        };
        change(self.ports.challenged_tokens.as_ref(), &key, decide).await?;
        Ok(())
    }

    async fn noted(&self, principal: &Principal) -> Result<Vec<LackedClaims>, Unavailable> {
        let Some(key) = key(principal) else { return Ok(Vec::new()) };
        let noted = self.ports.challenged_tokens.get(&key).await?;
        Ok(noted.map(|noted| noted.value.lacks).unwrap_or_default())
    }
}

/// The key of the principal's token, if its client can answer a claims challenge at all.
fn key(principal: &Principal) -> Option<TokenKey> {
    let token = principal.entra_token().filter(|token| token.takes_claims_challenges)?;
    Some(TokenKey { owner: principal.owner, token: token.id() })
}
