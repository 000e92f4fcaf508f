//! The access token that Entra gives us for a user. It is for our own app: the assertion of exchanges, and the bearer of roles.

use authorization_server::{ground::Id, state::roles::Roles};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use time::OffsetDateTime;

use super::{
    jwks::Jwks,
    settings::{EntraSettings, OWN_SCOPE},
    signed_token::{SignedTokenError, UserClaims, verified_claims},
};

/// <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>
#[derive(Deserialize)]
struct AccessTokenClaims {
    #[serde(flatten)]
    user: UserClaims,
    /// Neither ID tokens nor tokens of applications have one, and their audience is our app, too.
    scp: String,
    iat: i64,
    #[serde(default)]
    roles: Vec<String>,
}

/// The roles of this owner, if the token is theirs.
pub(super) async fn roles(
    token: &SecretString,
    owner: Id,
    settings: &EntraSettings,
    jwks: &Jwks,
    now: OffsetDateTime,
) -> Result<Roles, SignedTokenError> {
    let claims: AccessTokenClaims =
        verified_claims(token.expose_secret(), &[settings.issuer()], settings, jwks).await?;
    if !claims.scp.split(' ').any(|scope| scope == OWN_SCOPE) {
        return Err(SignedTokenError::Invalid("without our scope".to_owned()));
    }
    if claims.user.subject(settings, now)?.owner_key() != owner {
        return Err(SignedTokenError::Invalid("of another user".to_owned()));
    }
    // Entra's clock may be ahead of ours. That makes no role younger than now.
    let issued_at =
        OffsetDateTime::from_unix_timestamp(claims.iat).map_or(OffsetDateTime::UNIX_EPOCH, |at| at.min(now));
    Ok(Roles::named(claims.roles.iter().map(String::as_str), issued_at))
}
