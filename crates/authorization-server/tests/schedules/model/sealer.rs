//! A keyring without keys: what is sealed can be read by anyone, but opens only for its purpose.

use async_trait::async_trait;
use authorization_server::ground::{Sealer, Unavailable};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Remembers nothing, so that every schedule begins alike.
pub(crate) struct OpenSealer;

#[async_trait]
impl Sealer for OpenSealer {
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable> {
        Ok(format!("{purpose}~{}", URL_SAFE_NO_PAD.encode(plaintext)))
    }

    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let text = sealed.strip_prefix(purpose).and_then(|rest| rest.strip_prefix('~'));
        Ok(text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()))
    }
}
