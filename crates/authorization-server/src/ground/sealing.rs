//! The port to the keyring.

use async_trait::async_trait;

use super::Unavailable;

/// Authenticated encryption under the keyring. The purpose is bound as associated data: a text that was sealed for one
/// purpose does not open for another.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals under the newest key.
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable>;
    /// Opens; `None` if the text was not sealed for this purpose under a key that is still in the keyring.
    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable>;
}
