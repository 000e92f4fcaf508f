//! One data key and what it seals.

use std::net::IpAddr;

use authorization_server::ground::Entropy;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
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
        URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == KID_LENGTH)
    }

    /// Names this key in what it seals.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Seals under a fresh random nonce.
    pub fn seal(&self, entropy: &dyn Entropy, context: &str, plaintext: &[u8]) -> Result<String, CipherError> {
        let mut nonce = [0; 12];
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
        let (kid, nonce, ciphertext) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || kid != self.kid {
            return None;
        }
        let nonce: [u8; 12] = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let mut buffer = URL_SAFE_NO_PAD.decode(ciphertext).ok()?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.key.open_in_place(nonce, Aad::from(context), &mut buffer).ok()?.len();
        buffer.truncate(length);
        Some(buffer)
    }
}
