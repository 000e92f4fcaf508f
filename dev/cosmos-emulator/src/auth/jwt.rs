//! Entra's access tokens (RFC 7519), RS256 only.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::keys::PublicKey;

/// A token that can be read. Nothing it says is to be believed before `signed_by`.
pub(super) struct UnverifiedToken {
    header: Header,
    /// What it says.
    pub(super) claims: Claims,
    signed: String,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

/// All of them are required.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) aud: String,
    pub(super) iss: String,
    pub(super) tid: String,
    pub(super) oid: String,
    pub(super) exp: i64,
    pub(super) nbf: i64,
}

impl UnverifiedToken {
    pub(super) fn parse(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            signed: format!("{header}.{claims}"),
            signature: decode(signature)?,
        })
    }

    /// The key it names, if it is signed as Entra signs.
    pub(super) fn kid(&self) -> Option<&str> {
        let as_entra = self.header.alg == "RS256" && self.header.crit.is_none();
        self.header.kid.as_deref().filter(|_| as_entra)
    }

    pub(super) fn signed_by(&self, key: &PublicKey) -> bool {
        key.verify(self.signed.as_bytes(), &self.signature)
    }
}

#[cfg(test)]
impl UnverifiedToken {
    /// Unsigned.
    pub(super) fn of_claims(claims: &serde_json::Value) -> Self {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"k"}"#);
        Self::parse(&format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()))).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_header(header: &str) -> Option<UnverifiedToken> {
        let claims = r#"{"aud":"a","iss":"i","tid":"t","oid":"o","exp":2,"nbf":1}"#;
        let encode = |part: &str| URL_SAFE_NO_PAD.encode(part);
        UnverifiedToken::parse(&format!("{}.{}.", encode(header), encode(claims)))
    }

    #[test]
    fn only_rs256_with_a_kid_names_a_key() {
        assert_eq!(with_header(r#"{"alg":"RS256","kid":"k"}"#).unwrap().kid(), Some("k"));
        for header in [
            r#"{"alg":"none","kid":"k"}"#,
            r#"{"alg":"HS256","kid":"k"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"RS256","kid":"k","crit":["b64"]}"#,
        ] {
            assert_eq!(with_header(header).unwrap().kid(), None, "{header}");
        }
    }

    #[test]
    fn what_lacks_a_part_or_a_claim_is_no_token() {
        for token in ["", "a.b", "e30.e30.", "e30.e30.YQ.YQ", "eyJhbGciOiJSUzI1NiJ9.e30."] {
            assert!(UnverifiedToken::parse(token).is_none(), "{token}");
        }
    }
}
