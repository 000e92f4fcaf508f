//! The hash of a secret, which the store keeps.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::random::Secret;

/// SHA-256 of a [`Secret`]. A fast hash suffices: 256 random bits cannot be searched.
#[derive(Clone)]
pub struct SecretHash([u8; 32]);

impl Secret {
    /// The hash for the store.
    #[must_use]
    pub fn sha256(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.as_bytes()).into())
    }
}

impl SecretHash {
    /// Whether this is the secret that was hashed, in constant time.
    #[must_use]
    pub fn verifies(&self, presented: &Secret) -> bool {
        self.0.ct_eq(&presented.sha256().0).into()
    }
}

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretHash([REDACTED])")
    }
}

impl Serialize for SecretHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for SecretHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| D::Error::custom("not a SHA-256 hash in base64url"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_secret_that_was_hashed_verifies() {
        let hash = Secret::from_bytes([1; 32]).sha256();
        assert!(hash.verifies(&Secret::from_bytes([1; 32])));
        assert!(!hash.verifies(&Secret::from_bytes([2; 32])));
    }

    /// SHA-256 of 32 zero bytes, computed with another implementation.
    #[test]
    fn the_hash_is_stored_as_base64url_of_sha256() {
        let json = serde_json::to_string(&Secret::from_bytes([0; 32]).sha256()).unwrap();
        assert_eq!(json, r#""Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU""#);
    }

    #[test]
    fn stored_text_of_another_shape_is_refused() {
        for json in [r#""""#, r#""AAAA""#, "null", "1", r#""Zmh6rfhivXdsj8GLjp+OIAiXFIVu4jOzkCpZHQ1fKSU""#] {
            assert!(serde_json::from_str::<SecretHash>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::from_bytes([7; 32]).sha256()), "SecretHash([REDACTED])");
    }

    proptest! {
        #[test]
        fn a_stored_hash_still_verifies(bytes: [u8; 32]) {
            let json = serde_json::to_string(&Secret::from_bytes(bytes).sha256()).unwrap();
            let stored: SecretHash = serde_json::from_str(&json).unwrap();
            prop_assert!(stored.verifies(&Secret::from_bytes(bytes)));
        }

        #[test]
        fn a_flipped_bit_anywhere_is_refused(bytes: [u8; 32], at in 0..256_usize) {
            let hash = Secret::from_bytes(bytes).sha256();
            let mut flipped = bytes;
            flipped[at / 8] ^= 1 << (at % 8);
            prop_assert!(!hash.verifies(&Secret::from_bytes(flipped)));
        }
    }
}
