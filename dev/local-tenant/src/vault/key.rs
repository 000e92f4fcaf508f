//! One RSA key, and RSA-OAEP-256 with it (RFC 7518 §4.3).

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use stand_in::PublicKey;

/// 2048 bits.
pub(super) struct WrappingKey {
    decrypting: OaepPrivateDecryptingKey,
    encrypting: OaepPublicEncryptingKey,
    pub(super) public: PublicKey,
}

impl WrappingKey {
    /// A new key and its stored form (PKCS #8 in base64).
    pub(super) fn generate() -> (Self, String) {
        #[expect(
            clippy::expect_used,
            reason = "AWS-LC fails here only without memory, and writes and reads what it made itself"
        )]
        let (key, stored) = {
            let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).expect("an RSA key");
            let stored = URL_SAFE_NO_PAD.encode(private.as_der().expect("PKCS #8").as_ref());
            (Self::from_stored(&stored).expect("the same key"), stored)
        };
        (key, stored)
    }

    /// From its stored form.
    pub(super) fn from_stored(stored: &str) -> Option<Self> {
        let pkcs8 = URL_SAFE_NO_PAD.decode(stored).ok()?;
        let private = PrivateDecryptingKey::from_pkcs8(&pkcs8).ok()?;
        Some(Self {
            public: PublicKey::of(&KeyPair::from_pkcs8(&pkcs8).ok()?),
            encrypting: OaepPublicEncryptingKey::new(private.public_key()).ok()?,
            decrypting: OaepPrivateDecryptingKey::new(private).ok()?,
        })
    }

    /// `None` if there is more than one RSA block holds.
    pub(super) fn wrap(&self, key: &[u8]) -> Option<Vec<u8>> {
        let mut wrapped = vec![0; self.encrypting.ciphertext_size()];
        Some(self.encrypting.encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut wrapped, None).ok()?.to_vec())
    }

    /// `None` if it was not wrapped with this key.
    pub(super) fn unwrap(&self, wrapped: &[u8]) -> Option<Vec<u8>> {
        let mut key = vec![0; self.decrypting.min_output_size()];
        Some(self.decrypting.decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut key, None).ok()?.to_vec())
    }
}
