//! Values that nobody can guess.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "AWS-LC ends the process rather than run without randomness"
)]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// N random bytes in base64url.
#[must_use]
pub fn opaque<const N: usize>() -> String {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "the one source of randomness of the stand-ins")]
    aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A random UUID (RFC 9562 §5.4).
#[must_use]
pub fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}
