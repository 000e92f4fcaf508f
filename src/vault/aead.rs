//! One data key and what it seals.

use std::net::IpAddr;

use authorization_server::ground::Entropy;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const KID_LENGTH: usize = 6;
/// 96 bits: two callers do not share a hash by chance.
const CALLER_LENGTH: usize = 12;

/// An AES-256 key with its id.
pub struct DataKey {
    kid: String,
    key: LessSafeKey,
    /// Derived from the same bytes: it hashes the addresses of callers, and opens nothing.
    callers: hmac::Key,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// AES-GCM failed: the key has a wrong length, or the message is too long.
#[derive(Debug, thiserror::Error)]
#[error("AES-GCM failed")]
pub struct CipherError;

impl DataKey {
    /// From 32 bytes. The id is a hash of them, so a key file needs no second member.
    pub fn new(bytes: &Zeroizing<[u8; 32]>) -> Result<Self, CipherError> {
        let hash = Sha256::digest([b"data key id".as_slice(), bytes.as_slice()].concat());
        let kid = URL_SAFE_NO_PAD.encode(hash.split_at(KID_LENGTH).0);
        let key = UnboundKey::new(&AES_256_GCM, bytes.as_slice()).map_err(|_| CipherError)?;
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice()), b"caller addresses/v1");
        let callers = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        Ok(Self { kid, key: LessSafeKey::new(key), callers })
    }

    /// A keyed hash of a caller's address, for the log.
    #[must_use]
    pub fn caller(&self, context: &str, address: IpAddr) -> String {
        let hash = hmac::sign(&self.callers, format!("{context}|{address}").as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_ref().split_at(CALLER_LENGTH).0)
    }

    /// Whether this could be a key's id.
    #[must_use]
    pub fn is_kid(text: &str) -> bool {
        URL_SAFE_NO_PAD.decode_slice(text, &mut [0; KID_LENGTH]) == Ok(KID_LENGTH)
    }

    /// Names this key in what it seals.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Seals under a fresh random nonce.
    pub fn seal(&self, entropy: &dyn Entropy, context: &str, plaintext: &[u8]) -> Result<String, CipherError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut buffer = plaintext.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut buffer)
            .map_err(|_| CipherError)?;
        Ok(format!("{}.{}.{}", self.kid, URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(buffer)))
    }

    /// Opens what this key sealed in the same context.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &str) -> Option<Vec<u8>> {
        let mut parts = sealed.split('.');
        let (kid, encoded_nonce, ciphertext) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || kid != self.kid {
            return None;
        }
        let mut nonce = [0; NONCE_LEN];
        if URL_SAFE_NO_PAD.decode_slice(encoded_nonce, &mut nonce) != Ok(NONCE_LEN) {
            return None;
        }
        let mut buffer = URL_SAFE_NO_PAD.decode(ciphertext).ok()?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.key.open_in_place(nonce, Aad::from(context), &mut buffer).ok()?.len();
        buffer.truncate(length);
        Some(buffer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::SystemEntropy;

    const PURPOSE: &str = "purpose/v1|https://mcp.example.com";

    fn key(byte: u8) -> DataKey {
        DataKey::new(&Zeroizing::new([byte; 32])).unwrap()
    }

    /// Bytes as hexadecimal digits.
    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
    }

    fn opened(key: [u8; 32], nonce: &str, ciphertext: &str) -> Option<Vec<u8>> {
        let key = DataKey::new(&Zeroizing::new(key)).unwrap();
        let [nonce, ciphertext] = [nonce, ciphertext].map(|hex| URL_SAFE_NO_PAD.encode(bytes(hex)));
        key.open("", &format!("{}.{nonce}.{ciphertext}", key.kid()))
    }

    /// Test cases 13, 14 and 15 of "The Galois/Counter Mode of Operation" by its authors.
    #[test]
    fn the_cipher_is_aes_256_gcm_with_its_tag_at_the_end() {
        let zero_nonce = "00".repeat(12);
        assert_eq!(opened([0; 32], &zero_nonce, "530f8afbc74536b9a963b4f1c4cb738b"), Some(Vec::new()));
        let of_zeros = "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919";
        assert_eq!(opened([0; 32], &zero_nonce, of_zeros), Some(vec![0; 16]));
        let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").try_into().unwrap();
        let plaintext = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525\
                         b16aedf5aa0de657ba637b391aafd255";
        let ciphertext = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
                          c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c";
        assert_eq!(opened(key, "cafebabefacedbaddecaf888", ciphertext), Some(bytes(plaintext)));
    }

    #[test]
    fn every_seal_has_a_nonce_of_its_own() {
        let seal = || key(1).seal(&SystemEntropy, PURPOSE, b"text").unwrap();
        let nonces: std::collections::BTreeSet<_> =
            (0..50).map(|_| seal().split('.').nth(1).unwrap().to_owned()).collect();
        assert_eq!(nonces.len(), 50);
        assert!(nonces.iter().all(|nonce| URL_SAFE_NO_PAD.decode(nonce).unwrap().len() == 12));
    }

    #[test]
    fn another_key_and_another_purpose_open_nothing() {
        let sealed = key(1).seal(&SystemEntropy, PURPOSE, b"text").unwrap();
        assert_eq!(key(1).open(PURPOSE, &sealed).as_deref(), Some(b"text".as_slice()));
        assert_eq!(key(2).open(PURPOSE, &sealed), None);
        let renamed = sealed.replacen(key(1).kid(), key(2).kid(), 1);
        assert_eq!(key(2).open(PURPOSE, &renamed), None);
        for purpose in ["", "purpose/v1|https://mcp.example.com/", "purpose/v1|", "urpose/v1|https://mcp.example.com"] {
            assert_eq!(key(1).open(purpose, &sealed), None, "{purpose}");
        }
    }

    #[test]
    fn a_changed_character_anywhere_opens_nothing() {
        let sealed = key(1).seal(&SystemEntropy, PURPOSE, b"text of sixteen b").unwrap();
        for (at, found) in sealed.char_indices() {
            let other = if found == 'A' { "B" } else { "A" };
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, other);
            assert_eq!(key(1).open(PURPOSE, &changed), None, "character {at} of {sealed}");
        }
    }

    #[test]
    fn there_are_three_parts_and_no_more() {
        let sealed = key(1).seal(&SystemEntropy, PURPOSE, b"").unwrap();
        let parts: Vec<&str> = sealed.split('.').collect();
        let [kid, nonce, ciphertext] = parts.as_slice() else { panic!("{sealed}") };
        for text in [
            String::new(),
            (*kid).to_owned(),
            format!("{kid}.{nonce}"),
            format!("{sealed}."),
            format!("{sealed}.{nonce}"),
            format!(".{sealed}"),
            format!("{kid}..{ciphertext}"),
            format!("{kid}.{nonce}A.{ciphertext}"),
            format!("{kid}.{nonce}."),
            format!("{kid}.{nonce}.{ciphertext}="),
            format!("{kid}.{nonce}.{}", &ciphertext[..4]),
        ] {
            assert_eq!(key(1).open(PURPOSE, &text), None, "{text}");
        }
    }

    #[test]
    fn a_key_id_is_six_bytes_that_say_nothing_of_the_key() {
        assert!(DataKey::is_kid(key(1).kid()));
        assert_ne!(key(1).kid(), key(2).kid());
        assert_eq!(key(1).kid(), key(1).kid());
        assert_ne!(URL_SAFE_NO_PAD.decode(key(1).kid()).unwrap(), [1; KID_LENGTH]);
        for text in ["", "AAAAAAA", "AAAAAAAAA", "AAAAAAAAAA", "AAAA+AAA", "AAAAAAA=", "!AAAAAAA"] {
            assert!(!DataKey::is_kid(text), "{text}");
        }
    }

    #[test]
    fn debug_shows_the_id_and_not_the_key() {
        let shown = format!("{:?}", key(7));
        assert_eq!(shown, format!("DataKey {{ kid: {:?}, .. }}", key(7).kid()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_sealed_text_opens_as_it_was(plaintext: Vec<u8>, purpose: String) {
            let sealed = key(1).seal(&SystemEntropy, &purpose, &plaintext).unwrap();
            prop_assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{}", sealed);
            prop_assert_eq!(key(1).open(&purpose, &sealed), Some(plaintext));
        }

        #[test]
        fn any_unsealed_text_is_refused(text: String) {
            prop_assert_eq!(key(1).open(PURPOSE, &text), None);
            prop_assert_eq!(key(1).open(PURPOSE, &format!("{}.{text}", key(1).kid())), None);
        }
    }
}
