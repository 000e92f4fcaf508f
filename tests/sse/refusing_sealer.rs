//! A keyring that cannot open some texts.

use std::sync::Mutex;

use async_trait::async_trait;
use authorization_server::ground::{Sealer, Unavailable};
use testkit::MemorySealer;

/// A sealer that fails to open the texts that a test names.
pub(super) struct RefusingSealer {
    sealer: MemorySealer,
    refused: Mutex<Vec<String>>,
}

impl RefusingSealer {
    /// A sealer that opens every text.
    pub(super) fn of(sealer: MemorySealer) -> Self {
        Self { sealer, refused: Mutex::default() }
    }

    /// Fails to open this text from now on.
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
            return Err(Unavailable::keyring("the key is refused"));
        }
        self.sealer.open(purpose, sealed).await
    }
}
