//! What the ID token and the gateway's token have in common: Entra signed them, for our app, for a limited time.

use authorization_server::ground::Unavailable;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::{jwks::Jwks, settings::EntraSettings};

/// How far our clock and Entra's may differ, in seconds.
const CLOCK_SKEW: i64 = 300;

/// Why a token is not accepted.
#[derive(Debug)]
pub(super) enum TokenError {
    /// The token is wrong. The reason is for the log.
    Invalid(String),
    /// The signing keys cannot be fetched, so the token cannot be verified now.
    Unavailable(Unavailable),
}

impl From<Unavailable> for TokenError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<jsonwebtoken::errors::Error> for TokenError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// The claims of a token whose signature, `iss` and `aud` are right. The caller checks its times with [`is_in_time`].
pub(super) async fn verified_claims<T: DeserializeOwned>(
    token: &str,
    settings: &EntraSettings,
    jwks: &Jwks,
) -> Result<T, TokenError> {
    let kid = decode_header(token)?.kid.ok_or_else(|| TokenError::Invalid("no key id".to_owned()))?;
    let unpublished = || TokenError::Invalid("signed by a key that is not published".to_owned());
    let jwk = jwks.key(&kid).await?.ok_or_else(unpublished)?;
    Ok(decode(token, &DecodingKey::from_jwk(&jwk)?, &validation(settings))?.claims)
}

/// Whether `now` is between `nbf` and `exp`, give or take the clock skew.
pub(super) fn is_in_time(exp: i64, nbf: i64, now: OffsetDateTime) -> bool {
    let now = now.unix_timestamp();
    now < exp.saturating_add(CLOCK_SKEW) && now >= nbf.saturating_sub(CLOCK_SKEW)
}

fn validation(settings: &EntraSettings) -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[settings.issuer()]);
    validation.set_audience(&[&settings.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    // It would read the machine's clock.
    validation.validate_exp = false;
    validation
}
