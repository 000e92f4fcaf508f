//! 256 random bits.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// 32 random bytes. Wiped when dropped, never shown, never compared but through its hash.
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// The secret made of these bytes, which must be random.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads 43 base64url characters; anything else is no secret.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 33]);
        let length = URL_SAFE_NO_PAD.decode_slice(text, bytes.as_mut_slice()).ok()?;
        Some(Self(Zeroizing::new(bytes.get(..length)?.try_into().ok()?)))
    }

    /// The 43 base64url characters.
    #[must_use]
    pub fn encode(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.as_bytes()).into()
    }

    /// The bytes, as a key to derive from.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret([REDACTED])")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_secret_is_43_url_safe_characters() {
        let text = Secret::from_bytes([0xfb; 32]).encode();
        assert_eq!(text.expose_secret(), "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s");
    }

    #[test]
    fn other_lengths_alphabets_and_encodings_are_refused() {
        let good = "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";
        assert!(Secret::parse(good).is_some());
        let shorter = good.split_at(42).0;
        for bad in
            ["", shorter, &format!("{good}A"), &format!("{good}="), &good.replace('-', "+"), &good.replace('_', "/")]
        {
            assert!(Secret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn one_secret_has_one_text() {
        // The last character carries four bits; another one with the same four must not pass for it.
        assert!(Secret::parse("-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_t").is_none());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::from_bytes([7; 32])), "Secret([REDACTED])");
    }

    proptest! {
        #[test]
        fn a_secret_is_read_back_from_its_text(bytes: [u8; 32]) {
            let read = Secret::parse(Secret::from_bytes(bytes).encode().expose_secret()).unwrap();
            prop_assert_eq!(read.as_bytes(), &bytes);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".*") {
            let _ = Secret::parse(&text);
        }

        #[test]
        fn any_43_characters_that_parse_encode_to_themselves(text in "[A-Za-z0-9_-]{43}") {
            if let Some(secret) = Secret::parse(&text) {
                let encoded = secret.encode();
                prop_assert_eq!(encoded.expose_secret(), text);
            }
        }
    }
}
