//! A keyring of which some keys are refused.

use std::sync::Mutex;

use async_trait::async_trait;
use authorization_server::ground::{Sealer, Unavailable};
use testkit::MemorySealer;

/// A sealer that never comes to open some texts.
pub(super) struct RefusingSealer {
    sealer: MemorySealer,
    refused: Mutex<Vec<String>>,
}

impl RefusingSealer {
    /// One that opens all as yet.
    pub(super) fn of(sealer: MemorySealer) -> Self {
        Self { sealer, refused: Mutex::default() }
    }

    /// The key of this text is refused from now on.
    pub(super) fn refuse(&self, sealed: &str) {
        self.refused.lock().unwrap().push(sealed.to_owned());
    }
}

#[async_trait]
impl Sealer for RefusingSealer {
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable> {
        self.sealer.seal(purpose, plaintext).await
    }

    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        if self.refused.lock().unwrap().iter().any(|refused| refused == sealed) {
            return Err(Unavailable { what: "keyring", reason: "the key is refused".into() });
        }
        self.sealer.open(purpose, sealed).await
    }
}
