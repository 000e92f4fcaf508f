//! Sealing: AES-256-GCM, written `kid.nonce.ciphertext`, with the purpose and the deployment as associated data.

mod aead;
pub mod local_key;

pub use aead::DataKey;
