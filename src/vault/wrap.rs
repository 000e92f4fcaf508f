//! The port to what wraps data keys: a key in Key Vault, or the local key file.

use async_trait::async_trait;
use authorization_server::ground::Unavailable;
use zeroize::Zeroizing;

/// The bytes of a data key.
pub type KeyBytes = Zeroizing<[u8; 32]>;

/// A wrapped data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The version of the wrapping key that wrapped it, as in [`KeyWrap::current`].
    pub by: String,
    /// The wrapped bytes.
    pub bytes: Vec<u8>,
}

/// A wrapping key with its versions.
#[async_trait]
pub trait KeyWrap: Send + Sync {
    /// The current version of the wrapping key.
    async fn current(&self) -> Result<String, Unavailable>;
    /// Wraps a key with the current version.
    async fn wrap(&self, key: &KeyBytes) -> Result<Wrapped, Unavailable>;
    /// Unwraps a key with the version that wrapped it.
    async fn unwrap(&self, wrapped: &Wrapped) -> Result<KeyBytes, Unavailable>;
}
