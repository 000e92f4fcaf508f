//! `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1).

/// The challenge of a refusal.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// `error` (RFC 6750 §3.1); none if the request had no token at all.
    pub error: Option<&'static str>,
    /// URL of the resource's metadata (RFC 9728 §5.1).
    pub resource_metadata: &'a str,
    /// `scope` that is needed.
    pub scope: &'a str,
}

impl Challenge<'_> {
    /// The value of the header.
    #[must_use]
    pub fn encode(&self) -> String {
        let error = self.error.map(|error| ("error", error));
        header(error.into_iter().chain([("resource_metadata", self.resource_metadata), ("scope", self.scope)]))
    }
}

/// A Bearer challenge with these parameters.
pub(super) fn header<'a>(parameters: impl IntoIterator<Item = (&'static str, &'a str)>) -> String {
    let encoded = parameters.into_iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value)));
    format!("Bearer {}", encoded.collect::<Vec<_>>().join(", "))
}

/// The inside of a `quoted-string` (RFC 9110 §5.6.4); characters that are not printable ASCII are dropped.
fn quoted(text: &str) -> String {
    let printable = text.chars().filter(|character| matches!(character, ' '..='~'));
    printable.fold(String::with_capacity(text.len()), |mut quoted, character| {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
        quoted
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOCUMENT: &str = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";

    #[test]
    fn without_a_token_no_error_is_named() {
        let value = Challenge { error: None, resource_metadata: DOCUMENT, scope: "user.read" }.encode();
        assert_eq!(value, format!(r#"Bearer resource_metadata="{DOCUMENT}", scope="user.read""#));
    }

    #[test]
    fn an_error_is_named_first() {
        for error in ["invalid_request", "invalid_token", "insufficient_scope"] {
            let challenge = Challenge { error: Some(error), resource_metadata: DOCUMENT, scope: "user.read mail.send" };
            let expected =
                format!(r#"Bearer error="{error}", resource_metadata="{DOCUMENT}", scope="user.read mail.send""#);
            assert_eq!(challenge.encode(), expected);
        }
    }

    #[test]
    fn quotes_are_escaped_and_line_breaks_dropped() {
        let value = Challenge { error: None, resource_metadata: "a\"b\\c\r\nSet-Cookie: x", scope: "\u{e9}" }.encode();
        assert_eq!(value, r#"Bearer resource_metadata="a\"b\\cSet-Cookie: x", scope="""#);
    }

    proptest! {
        #[test]
        fn whatever_is_in_it_the_header_stays_well_formed(resource in ".*", scope in ".*") {
            let value = Challenge { error: Some("invalid_token"), resource_metadata: &resource, scope: &scope }.encode();
            prop_assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            let unescaped = value.replace(r"\\", "").replace("\\\"", "");
            prop_assert_eq!(unescaped.matches('"').count(), 6);
        }
    }
}
