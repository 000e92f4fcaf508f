//! The holder of a token, found without the store. Where a flood leaves no room for requests that may be junk, this tells
//! those apart that are not.

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    ground::Holder,
    server::AuthorizationServer,
    state::family::{FamilyKey, RefreshToken},
};

impl AuthorizationServer {
    /// The holder of an access token that opens, or of a refresh token whose secret verifies against a grant that this process
    /// has read for an access token. Whether the token is still good is not said. `None` while the keyring is down, too.
    pub async fn known_holder(&self, token: &SecretString) -> Option<Holder> {
        if let Some(claims) = self.open_access_token(token.expose_secret()).await.ok()? {
            return Some(claims.holder());
        }
        let token = RefreshToken::parse(token.expose_secret())?;
        let (client, sealed_key) = self.grant_cache.remembered(&token.key)?;
        let key: Option<FamilyKey> = self.open(&sealed_key, token.key.grant).await.ok()?;
        key.filter(|key| key.verifies(&token)).map(|_| token.key.held_by(client))
    }
}
