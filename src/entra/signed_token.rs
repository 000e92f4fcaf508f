//! The checks that all tokens of Entra share: it signed them, for our app, for a limited time.

use authorization_server::{
    ground::{Subject, Unavailable},
    upstream::UpstreamRefusal,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    errors::{Error, ErrorKind},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use time::OffsetDateTime;

use super::{jwks::Jwks, settings::EntraSettings};

/// How far our clock and Entra's may differ, in seconds.
pub(super) const CLOCK_SKEW: i64 = 300;

/// Why a token is not accepted.
#[derive(Debug)]
pub(super) enum SignedTokenError {
    /// The token is wrong. The reason is for the log.
    Invalid(String),
    /// Signed by Entra, with this `iss`, which is none of those expected.
    OtherIssuer(String),
    /// The signing keys cannot be fetched, so the token cannot be verified now.
    Unavailable(Unavailable),
}

impl From<Unavailable> for SignedTokenError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

/// A parser's error quotes the text that it could not read, and anybody may have written that.
impl From<Error> for SignedTokenError {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => Self::Invalid("malformed".to_owned()),
            _ => Self::Invalid(error.to_string()),
        }
    }
}

impl SignedTokenError {
    /// The refusal of a user's token, which is called so in the log.
    pub(super) fn refusal(self, token: &str) -> UpstreamRefusal {
        let reason = match self {
            Self::Invalid(reason) => reason,
            Self::OtherIssuer(issuer) => format!("of another issuer: {issuer}"),
            Self::Unavailable(unavailable) => return unavailable.into(),
        };
        UpstreamRefusal::Refused { reason: format!("{token}: {reason}") }
    }
}

/// The claims that every token of a user has.
#[derive(Deserialize)]
pub(super) struct UserClaims {
    tid: String,
    oid: String,
    exp: i64,
    #[serde(default)]
    nbf: i64,
}

impl UserClaims {
    /// The user, if the token is of our tenant and in time.
    pub(super) fn subject(self, settings: &EntraSettings, now: OffsetDateTime) -> Result<Subject, SignedTokenError> {
        if !is_in_time(self.exp, self.nbf, now) {
            return Err(SignedTokenError::Invalid("expired or not yet valid".to_owned()));
        }
        if self.tid != settings.tenant_id || self.oid.is_empty() {
            return Err(SignedTokenError::Invalid("of another tenant, or without an object id".to_owned()));
        }
        Ok(Subject { tid: self.tid, oid: self.oid })
    }
}

/// The claims of a token whose signature is right, whose `aud` is exactly our app, and whose `iss` is one of `issuers`. The
/// caller checks its times with [`is_in_time`].
pub(super) async fn verified_claims<T: DeserializeOwned>(
    token: &str,
    issuers: &[String],
    settings: &EntraSettings,
    jwks: &Jwks,
) -> Result<T, SignedTokenError> {
    let kid = decode_header(token)?.kid.ok_or_else(|| SignedTokenError::Invalid("no key id".to_owned()))?;
    let unpublished = || SignedTokenError::Invalid("signed by a key that is not published".to_owned());
    let jwk = jwks.key(&kid).await?.ok_or_else(unpublished)?;
    let decoded = decode::<Value>(token, &DecodingKey::from_jwk(&jwk)?, &validation(issuers, settings));
    let claims = decoded.map_err(|error| invalid(token, error))?.claims;
    // The library also accepts a list in which the right value is one of several.
    if !["aud", "iss"].into_iter().all(|claim| claims.get(claim).is_some_and(Value::is_string)) {
        return Err(SignedTokenError::Invalid("for several apps, or of several issuers".to_owned()));
    }
    serde_json::from_value(claims).map_err(|_| SignedTokenError::Invalid("malformed".to_owned()))
}

/// `decode` looks at the claims only after it has verified the signature.
fn invalid(token: &str, error: Error) -> SignedTokenError {
    match (error.kind(), issuer(token)) {
        (ErrorKind::InvalidIssuer, Some(issuer)) => SignedTokenError::OtherIssuer(issuer),
        _ => error.into(),
    }
}

fn issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    Some(serde_json::from_slice::<Issuer>(&payload).ok()?.iss)
}

/// Whether `now` is between `nbf` and `exp`, give or take the clock skew.
pub(super) fn is_in_time(exp: i64, nbf: i64, now: OffsetDateTime) -> bool {
    let now = now.unix_timestamp();
    now < exp.saturating_add(CLOCK_SKEW) && now >= nbf.saturating_sub(CLOCK_SKEW)
}

fn validation(issuers: &[String], settings: &EntraSettings) -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(issuers);
    validation.set_audience(&[&settings.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    // It would read the machine's clock.
    validation.validate_exp = false;
    validation
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

    #[test]
    fn a_token_is_in_time_between_its_two_times_give_or_take_five_minutes() {
        let now = NOW.unix_timestamp();
        for (exp, nbf, expected) in [
            (now + 1, now, true),
            (now - 299, 0, true),
            (now - 300, 0, false),
            (now + 3600, now + 300, true),
            (now + 3600, now + 301, false),
            (i64::MAX, i64::MIN, true),
            (i64::MIN, i64::MIN, false),
            (i64::MAX, i64::MAX, false),
        ] {
            assert_eq!(is_in_time(exp, nbf, NOW), expected, "{exp} {nbf}");
        }
    }

    #[test]
    fn the_issuer_of_a_refused_token_is_read_for_the_log_only_if_it_is_there() {
        let token = |payload: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
        assert_eq!(issuer(&token(r#"{"iss":"https://issuer.example/"}"#)).as_deref(), Some("https://issuer.example/"));
        for token in ["", "e30", "e30.!!.c2ln", &token("{}"), &token(r#"{"iss":7}"#), &token("[]")] {
            assert_eq!(issuer(token), None, "{token}");
        }
    }
}
