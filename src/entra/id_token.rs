//! Verification of the ID token (OpenID Connect Core §3.1.3.7).

use authorization_server::{id::Subject, ports::UpstreamRefusal};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

use super::{jwks::Jwks, upstream::EntraSettings};

/// Clocks may differ by this.
const SKEW: i64 = 300;

#[derive(Deserialize)]
struct Claims {
    tid: String,
    oid: String,
    nonce: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
}

/// Who signed in, if the token is Entra's, for us, of our tenant, for this sign-in, and in time.
pub(super) async fn verify(
    token: &SecretString,
    nonce: &str,
    settings: &EntraSettings,
    jwks: &Jwks,
    now: OffsetDateTime,
) -> Result<Subject, UpstreamRefusal> {
    let header = decode_header(token.expose_secret()).map_err(|error| invalid(&error.to_string()))?;
    let kid = header.kid.ok_or_else(|| invalid("no key id"))?;
    let jwk = jwks.key(&kid).await?.ok_or_else(|| invalid("signed by a key that is not published"))?;
    let key = DecodingKey::from_jwk(&jwk).map_err(|error| invalid(&error.to_string()))?;
    let claims: Claims =
        decode(token.expose_secret(), &key, &validation(settings)).map_err(|error| invalid(&error.to_string()))?.claims;
    check(&claims, nonce, settings, now.unix_timestamp())?;
    Ok(Subject { tid: claims.tid, oid: claims.oid })
}

/// Signature, `iss` and `aud`; the times are checked by our own clock.
fn validation(settings: &EntraSettings) -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[settings.issuer()]);
    validation.set_audience(&[&settings.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_exp = false;
    validation
}

fn check(claims: &Claims, nonce: &str, settings: &EntraSettings, now: i64) -> Result<(), UpstreamRefusal> {
    if now >= claims.exp + SKEW || now < claims.nbf - SKEW {
        return Err(invalid("not in its time"));
    }
    if claims.tid != settings.tenant_id || claims.oid.is_empty() {
        return Err(invalid("of another tenant, or without an object id"));
    }
    if bool::from(claims.nonce.as_bytes().ct_eq(nonce.as_bytes())) { Ok(()) } else { Err(invalid("another nonce")) }
}

fn invalid(reason: &str) -> UpstreamRefusal {
    UpstreamRefusal::Refused { reason: format!("ID token: {reason}") }
}
