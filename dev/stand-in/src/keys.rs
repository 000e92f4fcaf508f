//! RSA keys that sign tokens.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "AWS-LC fails here only without memory, and can write and use the keys that it made or read"
)]

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A public key as Entra publishes it (RFC 7517; RFC 7518 §6.3.1 for `n` and `e`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    kty: String,
    #[serde(rename = "use")]
    usage: String,
    alg: String,
    /// Its id: the RFC 7638 thumbprint.
    pub kid: String,
    /// Modulus, in base64url.
    pub n: String,
    /// Exponent, in base64url.
    pub e: String,
}

impl PublicKey {
    /// That of a pair.
    #[must_use]
    pub fn of(pair: &KeyPair) -> Self {
        let public = pair.public_key();
        let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        // RFC 7638 §3: the required members in lexicographic order, without blanks.
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)));
        Self { kty: "RSA".to_owned(), usage: "sig".to_owned(), alg: "RS256".to_owned(), kid, n, e }
    }

    /// Whether the private key to this one made that RS256 signature (RFC 7518 §3.3).
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        let components = PublicKeyComponents { n: decode(&self.n), e: decode(&self.e) };
        components.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// An RSA key of 2048 bits.
pub struct SigningKey {
    pair: KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
        Self { public: PublicKey::of(&pair), pair }
    }

    /// From its stored form (PKCS #8 in base64url).
    #[must_use]
    pub fn from_stored(stored: &str) -> Option<Self> {
        let pair = KeyPair::from_pkcs8(&URL_SAFE_NO_PAD.decode(stored).ok()?).ok()?;
        Some(Self { public: PublicKey::of(&pair), pair })
    }

    /// Its stored form.
    #[must_use]
    pub fn to_stored(&self) -> String {
        let pkcs8 = self.pair.as_der().expect("PKCS #8");
        URL_SAFE_NO_PAD.encode(pkcs8.as_ref())
    }

    /// The public part.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// RS256 (RFC 7518 §3.3).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        #[expect(clippy::disallowed_methods, reason = "the interface asks for it; PKCS #1 v1.5 does not use it")]
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
        signature
    }
}
