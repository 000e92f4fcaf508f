//! Unguessable values.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// 32 random bytes as text.
pub(crate) fn opaque() -> String {
    let mut bytes = [0; 32];
    #[expect(clippy::expect_used, reason = "AWS-LC ends the process rather than run without randomness")]
    #[expect(clippy::disallowed_methods, reason = "the one source of randomness of this program")]
    aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}
