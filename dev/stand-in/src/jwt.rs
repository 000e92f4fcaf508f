//! Signed tokens (RFC 7519 in RFC 7515 compact form), RS256 and nothing else.

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{PublicKey, SigningKey};

/// A token that has the form of one. Nothing it says is to be believed before [`UnverifiedJwt::signed_by`].
pub struct UnverifiedJwt {
    header: Header,
    claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// The token of a request, if it has one `Authorization` header and that is of the scheme Bearer (RFC 6750 §2.1).
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && values.next().is_none()).then_some(token)
}

/// Makes a token of these claims.
#[must_use]
pub fn sign(key: &SigningKey, claims: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.public().kid });
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signing_input = format!("{}.{}", encode(&header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signing_input.as_bytes()));
    format!("{signing_input}.{signature}")
}

impl UnverifiedJwt {
    /// Three parts of unpadded base64url; header and claims are JSON objects.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, claims) = signing_input.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            signing_input: signing_input.to_owned(),
            signature: decode(signature)?,
        })
    }

    /// The id of the key that it claims to be signed with.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Why this key did not sign it, if it did not. The verifier says which algorithm, never the token (RFC 8725 §3.1).
    pub fn signed_by(&self, key: &PublicKey) -> Result<(), &'static str> {
        if self.header.alg != "RS256" || self.header.crit.is_some() {
            return Err("The algorithm is not RS256, or a critical header is not understood.");
        }
        if self.kid() != Some(&key.kid) {
            return Err("The key was not found.");
        }
        let verified = key.verify(self.signing_input.as_bytes(), &self.signature);
        if verified { Ok(()) } else { Err("The signature does not match the key.") }
    }

    /// A text claim; empty if it is absent or not a text.
    #[must_use]
    pub fn text(&self, claim: &str) -> &str {
        self.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether a claim is a list that has this text.
    #[must_use]
    pub fn lists(&self, claim: &str, text: &str) -> bool {
        self.claims.get(claim).and_then(Value::as_array).is_some_and(|values| values.iter().any(|value| value == text))
    }

    /// A `NumericDate` (RFC 7519 §2), in seconds since 1970.
    #[must_use]
    pub fn time(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim).and_then(Value::as_i64)
    }

    /// Whether `nbf` and `exp` are both present and include `now`, give or take the skew; all in seconds.
    #[must_use]
    pub fn in_time(&self, now: i64, skew: i64) -> bool {
        match (self.time("nbf"), self.time("exp")) {
            (Some(nbf), Some(exp)) => nbf.saturating_sub(skew) <= now && now < exp.saturating_add(skew),
            _ => false,
        }
    }

    /// Whether the space-separated `scp` claim has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.text("scp").split(' ').any(|granted| granted == scope)
    }
}
