//! What wraps data keys: a key that never leaves its vault, or the local key file.

use async_trait::async_trait;
use authorization_server::ground::Unavailable;
use zeroize::Zeroizing;

/// The bytes of a data key.
pub type KeyBytes = Zeroizing<[u8; 32]>;

/// A wrapped data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// The version of the wrapping key, as [`KeyWrap::current`] names it.
    pub by: String,
    /// What only that version opens.
    pub bytes: Vec<u8>,
}

/// A wrapping key with its versions.
#[async_trait]
pub trait KeyWrap: Send + Sync {
    /// Names the version that wraps now.
    async fn current(&self) -> Result<String, Unavailable>;
    /// Wraps under the current version.
    async fn wrap(&self, key: &KeyBytes) -> Result<Wrapped, Unavailable>;
    /// Opens what a version wrapped.
    async fn unwrap(&self, wrapped: &Wrapped) -> Result<KeyBytes, Unavailable>;
}
