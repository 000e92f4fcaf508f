//! Secrets that are derived from the secret in the browser's cookie, so that they are neither stored nor in any URL.

use hmac::{Hmac, KeyInit as _, Mac as _};
use oauth_protocol::{pkce::CodeVerifier, secret::Secret};
use secrecy::ExposeSecret as _;
use sha2::Sha256;

/// Our PKCE verifier towards Entra. It is derived from the browser's cookie, so it is neither stored nor in any URL.
pub(crate) fn upstream_verifier(browser: &Secret) -> CodeVerifier {
    CodeVerifier::from_bytes(derived(browser, b"upstream code_verifier").as_bytes())
}

/// The nonce of the ID token, derived from the same cookie.
pub(crate) fn upstream_nonce(browser: &Secret) -> String {
    derived(browser, b"upstream nonce").encode().expose_secret().to_owned()
}

/// A secret that only the holder of the browser's cookie can know.
pub(crate) fn derived(browser: &Secret, purpose: &[u8]) -> Secret {
    let mut key = [0; 64];
    key.split_at_mut(32).0.copy_from_slice(browser.as_bytes());
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(purpose);
    Secret::from_bytes(mac.finalize().into_bytes().into())
}
