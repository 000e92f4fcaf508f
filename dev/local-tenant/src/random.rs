//! Unguessable values.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "AWS-LC ends the process rather than run without randomness")]
    #[expect(clippy::disallowed_methods, reason = "the one source of randomness of this program")]
    aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
    bytes
}

/// An opaque value of N random bytes.
pub(crate) fn opaque<const N: usize>() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<N>())
}

/// A random UUID (RFC 9562 §5.4).
pub(crate) fn uuid() -> String {
    let random = (u128::from_be_bytes(bytes()) & !(0xf << 76 | 0x3 << 62)) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{random:032x}");
    let mut uuid = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_has_the_shape_of_version_4() {
        let uuid = super::uuid();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]));
        assert_ne!(uuid, super::uuid());
    }
}
