//! What the ID token and the gateway's token have in common: Entra signed them, for our app, for a time.

use authorization_server::ground::Unavailable;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::{jwks::Jwks, upstream::EntraSettings};

/// Clocks may differ by this.
const SKEW: i64 = 300;

/// Why a token is not believed.
#[derive(Debug)]
pub(super) enum NotBelieved {
    /// For the log.
    Invalid(String),
    /// No key can be had that would tell.
    Unavailable(Unavailable),
}

impl From<Unavailable> for NotBelieved {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<jsonwebtoken::errors::Error> for NotBelieved {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// The claims, if signature, `iss` and `aud` are right; the times are checked by our own clock, see [`is_in_time`].
pub(super) async fn claims<T: DeserializeOwned>(
    token: &str,
    settings: &EntraSettings,
    jwks: &Jwks,
) -> Result<T, NotBelieved> {
    let kid = decode_header(token)?.kid.ok_or_else(|| NotBelieved::Invalid("no key id".to_owned()))?;
    let unpublished = || NotBelieved::Invalid("signed by a key that is not published".to_owned());
    let jwk = jwks.key(&kid).await?.ok_or_else(unpublished)?;
    Ok(decode(token, &DecodingKey::from_jwk(&jwk)?, &validation(settings))?.claims)
}

/// `exp` and `nbf`, for clocks that differ a little.
pub(super) fn is_in_time(exp: i64, nbf: i64, now: OffsetDateTime) -> bool {
    let now = now.unix_timestamp();
    now < exp.saturating_add(SKEW) && now >= nbf.saturating_sub(SKEW)
}

fn validation(settings: &EntraSettings) -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[settings.issuer()]);
    validation.set_audience(&[&settings.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_exp = false;
    validation
}
