//! A reference that finds a record in one read and proves itself against it.

use secrecy::{ExposeSecret as _, SecretString};

use super::random::Secret;

/// `locator.secret`: where the record lies, and the secret whose hash it holds. Codes and `state` are handles.
pub struct Handle {
    locator: String,
    secret: Secret,
}

impl Handle {
    /// A handle for the record that lies at `locator`.
    #[must_use]
    pub fn new(locator: String, secret: Secret) -> Self {
        Self { locator, secret }
    }

    /// Reads `locator.secret`. The locator is base64url characters, so that it can name nothing but an id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (locator, secret) = text.split_once('.')?;
        let id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if locator.is_empty() || !locator.bytes().all(id) {
            return None;
        }
        Some(Self { locator: locator.to_owned(), secret: Secret::parse(secret)? })
    }

    /// The text that travels.
    #[must_use]
    pub fn encode(&self) -> SecretString {
        format!("{}.{}", self.locator, self.secret.encode().expose_secret()).into()
    }

    /// The id of the record.
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// The secret of the handle.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("locator", &self.locator).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

    #[test]
    fn a_handle_is_locator_dot_secret() {
        let handle = Handle::new("abc".to_owned(), Secret::from_bytes([7; 32]));
        assert_eq!(handle.encode().expose_secret(), format!("abc.{SECRET}"));
    }

    #[test]
    fn anything_else_is_no_handle() {
        for text in ["", ".", "abc", &format!(".{SECRET}"), "abc.", "abc.short", &format!("a.b.{SECRET}")] {
            assert!(Handle::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_locator_that_is_no_id_is_refused() {
        for locator in ["../x", "a/b", "a b", "a\0", "\r\n", "\u{e9}", "a\""] {
            assert!(Handle::parse(&format!("{locator}.{SECRET}")).is_none(), "{locator:?}");
        }
    }

    #[test]
    fn debug_shows_the_locator_alone() {
        let shown = format!("{:?}", Handle::parse(&format!("abc.{SECRET}")).unwrap());
        assert_eq!(shown, r#"Handle { locator: "abc", .. }"#);
    }

    proptest! {
        #[test]
        fn a_handle_is_read_back_from_its_text(locator in "[A-Za-z0-9_-]{1,40}", bytes: [u8; 32]) {
            let text = Handle::new(locator.clone(), Secret::from_bytes(bytes)).encode();
            let read = Handle::parse(text.expose_secret()).unwrap();
            prop_assert_eq!(read.locator(), locator);
            prop_assert_eq!(read.secret().as_bytes(), &bytes);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".*\\.?.*") {
            let _ = Handle::parse(&text);
        }
    }
}
