//! Sealing: AES-256-GCM, written `kid.nonce.ciphertext`, with the purpose and the deployment as associated data. Data keys
//! are wrapped by a key in Key Vault, or by a local key file.

mod aead;
pub mod key_file;
pub mod key_vault;
mod keyring;
mod opened;
mod ring;
mod ring_store;
pub mod wrap;

pub use aead::DataKey;
pub use keyring::Keyring;
pub use ring::Rotation;
pub use ring_store::RingStore;
