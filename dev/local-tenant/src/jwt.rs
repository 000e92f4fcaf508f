//! Signed tokens (RFC 7519 in RFC 7515 compact form), RS256 and nothing else.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::keys::SigningKey;

/// A token that has the form of one. Nothing it says is to be believed before `signed_by`.
pub(crate) struct UnverifiedJwt {
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

/// Makes a token of these claims.
pub(crate) fn sign(key: &SigningKey, claims: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid() });
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signing_input = format!("{}.{}", encode(&header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signing_input.as_bytes()));
    format!("{signing_input}.{signature}")
}

impl UnverifiedJwt {
    /// Three parts of unpadded base64url; header and claims are JSON objects.
    pub(crate) fn parse(token: &str) -> Option<Self> {
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

    /// Why this key did not sign it, if it did not. The algorithm is ours to say, never the token's (RFC 8725 §3.1).
    pub(crate) fn signed_by(&self, key: &SigningKey) -> Result<(), &'static str> {
        if self.header.alg != "RS256" || self.header.crit.is_some() {
            return Err("The algorithm is not RS256, or a critical header is not understood.");
        }
        if self.header.kid.as_deref() != Some(key.kid()) {
            return Err("The key was not found.");
        }
        if key.verify(self.signing_input.as_bytes(), &self.signature) {
            Ok(())
        } else {
            Err("The signature does not match the key.")
        }
    }

    /// A text claim, empty if it is not there or not a text.
    pub(crate) fn text(&self, claim: &str) -> &str {
        self.claims.get(claim).and_then(Value::as_str).unwrap_or_default()
    }

    /// A `NumericDate` (RFC 7519 §2).
    pub(crate) fn time(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim).and_then(Value::as_i64)
    }

    /// Whether `nbf` and `exp` are both there and hold now, give or take the skew.
    pub(crate) fn in_time(&self, now: i64, skew: i64) -> bool {
        match (self.time("nbf"), self.time("exp")) {
            (Some(nbf), Some(exp)) => nbf.saturating_sub(skew) <= now && now < exp.saturating_add(skew),
            _ => false,
        }
    }

    /// Whether the space-separated `scp` claim has this scope.
    pub(crate) fn has_scope(&self, scope: &str) -> bool {
        self.text("scp").split(' ').any(|granted| granted == scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_read_and_verified() {
        let key = SigningKey::generate();
        let jwt =
            UnverifiedJwt::parse(&sign(&key, &json!({ "sub": "s", "scp": "a b", "nbf": 10, "exp": 20 }))).unwrap();
        assert_eq!(jwt.signed_by(&key), Ok(()));
        assert_eq!(jwt.text("sub"), "s");
        assert!(jwt.has_scope("b") && !jwt.has_scope("a b"));
    }

    #[test]
    fn the_time_bounds_hold_with_their_skew() {
        let key = SigningKey::generate();
        let jwt = UnverifiedJwt::parse(&sign(&key, &json!({ "nbf": 10, "exp": 20 }))).unwrap();
        assert!(!jwt.in_time(9, 0) && jwt.in_time(10, 0) && jwt.in_time(19, 0) && !jwt.in_time(20, 0));
        assert!(jwt.in_time(9, 1) && jwt.in_time(20, 1));
        let endless = UnverifiedJwt::parse(&sign(&key, &json!({ "nbf": 10 }))).unwrap();
        assert!(!endless.in_time(15, 0));
    }

    #[test]
    fn the_token_does_not_choose_its_algorithm() {
        let key = SigningKey::generate();
        for header in [json!({ "alg": "none" }), json!({ "alg": "HS256", "kid": key.kid() }), json!({ "alg": "RS256" })]
        {
            let head = URL_SAFE_NO_PAD.encode(header.to_string());
            let input = format!("{head}.{}", URL_SAFE_NO_PAD.encode("{}"));
            let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes())));
            assert!(UnverifiedJwt::parse(&token).unwrap().signed_by(&key).is_err(), "{header}");
        }
    }

    #[test]
    fn what_is_not_a_jws_is_not_parsed() {
        for token in ["", "a.b", "e30.e30.", "e30=.e30.YQ", "W10.e30.YQ", "e30.e30.YQ.YQ"] {
            assert!(UnverifiedJwt::parse(token).is_none(), "{token}");
        }
    }
}
