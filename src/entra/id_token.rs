//! Verification of the ID token (OpenID Connect Core §3.1.3.7).

use authorization_server::{ground::Subject, upstream::UpstreamRefusal};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use super::{
    jwks::Jwks,
    settings::EntraSettings,
    signed_token::{SignedTokenError, is_in_time, verified_claims},
};

#[derive(Deserialize)]
struct IdTokenClaims {
    tid: String,
    oid: String,
    nonce: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
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
) -> Result<User, UpstreamRefusal> {
    let claims: IdTokenClaims = verified_claims(token.expose_secret(), &[settings.issuer()], settings, jwks).await?;
    check(&claims, nonce, settings, now)?;
    let login_hint = claims.preferred_username.unwrap_or_default();
    let name = claims.name.unwrap_or_else(|| login_hint.clone());
    Ok(User { subject: Subject { tid: claims.tid, oid: claims.oid }, name, login_hint })
}

fn check(
    claims: &IdTokenClaims,
    nonce: &str,
    settings: &EntraSettings,
    now: OffsetDateTime,
) -> Result<(), UpstreamRefusal> {
    if !is_in_time(claims.exp, claims.nbf, now) {
        return Err(invalid("expired or not yet valid"));
    }
    if claims.tid != settings.tenant_id || claims.oid.is_empty() {
        return Err(invalid("of another tenant, or without an object id"));
    }
    if bool::from(claims.nonce.as_bytes().ct_eq(nonce.as_bytes())) { Ok(()) } else { Err(invalid("another nonce")) }
}

impl From<SignedTokenError> for UpstreamRefusal {
    fn from(error: SignedTokenError) -> Self {
        match error {
            SignedTokenError::Invalid(reason) => invalid(&reason),
            SignedTokenError::OtherIssuer(issuer) => invalid(&format!("of another issuer: {issuer}")),
            SignedTokenError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

fn invalid(reason: &str) -> UpstreamRefusal {
    UpstreamRefusal::Refused { reason: format!("ID token: {reason}") }
}
