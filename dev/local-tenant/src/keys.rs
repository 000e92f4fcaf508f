//! The tenant's signing key.

use aws_lc_rs::{
    encoding::AsDer as _,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// An RSA key of 2048 bits and its id.
pub(crate) struct SigningKey {
    pair: KeyPair,
    kid: String,
}

impl SigningKey {
    /// A new key.
    pub(crate) fn generate() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "without a key there is no tenant; AWS-LC fails here only without memory"
        )]
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
        Self::of(pair)
    }

    /// A stored key (PKCS #8 in base64).
    pub(crate) fn from_stored(stored: &str) -> Option<Self> {
        let pkcs8 = URL_SAFE_NO_PAD.decode(stored).ok()?;
        KeyPair::from_pkcs8(&pkcs8).ok().map(Self::of)
    }

    /// For the state file.
    pub(crate) fn to_stored(&self) -> String {
        #[expect(clippy::expect_used, reason = "a key that AWS-LC made or read can be written by it")]
        let pkcs8 = self.pair.as_der().expect("PKCS #8");
        URL_SAFE_NO_PAD.encode(pkcs8.as_ref())
    }

    fn of(pair: KeyPair) -> Self {
        let kid = thumbprint(&pair);
        Self { pair, kid }
    }

    /// Key id: the RFC 7638 thumbprint.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// RS256 (RFC 7518 §3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        #[expect(clippy::disallowed_methods, reason = "PKCS #1 v1.5 is deterministic; the parameter is only asked for")]
        let random = aws_lc_rs::rand::SystemRandom::new();
        #[expect(clippy::expect_used, reason = "the buffer has the length of the modulus, the only condition")]
        self.pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
        signature
    }

    /// Whether this key made that signature.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key()).verify(message, signature).is_ok()
    }

    /// The public key as Entra publishes it (RFC 7517).
    pub(crate) fn jwk(&self) -> Value {
        let (n, e) = components(&self.pair);
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e })
    }
}

/// Modulus and exponent (RFC 7518 §6.3.1).
pub(crate) fn components(pair: &KeyPair) -> (String, String) {
    let public = pair.public_key();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    (
        encode(public.modulus().big_endian_without_leading_zero()),
        encode(public.exponent().big_endian_without_leading_zero()),
    )
}

/// RFC 7638 §3: the required members in lexicographic order, without blanks.
fn thumbprint(pair: &KeyPair) -> String {
    let (n, e) = components(pair);
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_key_is_the_same_key() {
        let key = SigningKey::generate();
        let again = SigningKey::from_stored(&key.to_stored()).unwrap();
        assert_eq!(key.jwk(), again.jwk());
        assert!(again.verify(b"message", &key.sign(b"message")));
    }

    #[test]
    fn another_key_or_another_message_does_not_verify() {
        let key = SigningKey::generate();
        let signature = key.sign(b"message");
        assert!(!key.verify(b"massage", &signature));
        assert!(!SigningKey::generate().verify(b"message", &signature));
    }
}
