//! Verification of the ID token (OpenID Connect Core §3.1.3.7).

use authorization_server::ground::Subject;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use super::{
    jwks::Jwks,
    settings::EntraSettings,
    signed_token::{SignedTokenError, UserClaims, verified_claims},
};

#[derive(Deserialize)]
struct IdTokenClaims {
    #[serde(flatten)]
    user: UserClaims,
    nonce: String,
    name: Option<String>,
    preferred_username: Option<String>,
}

/// The user that an ID token names.
pub(super) struct User {
    pub(super) subject: Subject,
    /// For the pages; empty if the token has none.
    pub(super) name: String,
    /// The `login_hint` of a further sign-in; empty if the token has none.
    pub(super) login_hint: String,
}

/// Verifies that Entra issued the token for our app, a user of our tenant and this sign-in, and that it has not expired.
pub(super) async fn verify(
    token: &SecretString,
    nonce: &str,
    settings: &EntraSettings,
    jwks: &Jwks,
    now: OffsetDateTime,
) -> Result<User, SignedTokenError> {
    let claims: IdTokenClaims = verified_claims(token.expose_secret(), &[settings.issuer()], settings, jwks).await?;
    let subject = claims.user.subject(settings, now)?;
    if !bool::from(claims.nonce.as_bytes().ct_eq(nonce.as_bytes())) {
        return Err(SignedTokenError::Invalid("another nonce".to_owned()));
    }
    let login_hint = claims.preferred_username.unwrap_or_default();
    let name = claims.name.unwrap_or_else(|| login_hint.clone());
    Ok(User { subject, name, login_hint })
}
