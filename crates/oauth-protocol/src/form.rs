//! `application/x-www-form-urlencoded`, the form of every query and body of OAuth (RFC 6749 appendix B).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// More pairs than any request of OAuth has.
const MAX_PAIRS: usize = 64;

/// Everything but the unreserved characters of RFC 3986 §2.3, so that a space is `%20` and never `+`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The pairs of a query or a body, decoded, in their order. Values may be secrets: they are wiped, and never shown.
pub struct Form {
    pairs: Vec<(String, Zeroizing<String>)>,
}

/// Why bytes are not a well-formed form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// `%` without two hexadecimal digits behind it.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    BadPercent,
    /// Not UTF-8 once it is decoded.
    #[error("the form is not UTF-8")]
    NotUtf8,
    /// More pairs than are ever needed.
    #[error("the form has more than {MAX_PAIRS} parameters")]
    TooManyPairs,
}

/// RFC 6749 §3.1 and §3.2: parameters must not be included more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a parameter is given more than once")]
pub struct Repeated;

impl Form {
    /// Parses a query (without its `?`) or a body.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormError> {
        let mut pairs = Vec::new();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MAX_PAIRS {
                return Err(FormError::TooManyPairs);
            }
            let mut sides = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(sides.next().unwrap_or_default())?;
            let value = decode(sides.next().unwrap_or_default())?;
            pairs.push((name, Zeroizing::new(value)));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter that may be there once. Without a value it counts as absent (RFC 6749 §3.1).
    pub fn single<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Repeated> {
        let mut values = self.values(name);
        let value = values.next();
        if values.next().is_some() { Err(Repeated) } else { Ok(value.filter(|value| !value.is_empty())) }
    }

    /// The first value that is not empty.
    #[must_use]
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every value that is not empty, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values(name).filter(|value| !value.is_empty())
    }

    /// A parameter that is there twice, other than `resource`, which may be (RFC 8707 §2).
    #[must_use]
    pub fn repeated(&self) -> Option<&str> {
        let names = || self.pairs.iter().map(|(name, _)| name.as_str());
        names()
            .enumerate()
            .find(|(at, name)| *name != "resource" && names().take(*at).any(|n| n == *name))
            .map(|(_, n)| n)
    }

    /// Whether the parameter is there, with a value or without.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.pairs.iter().map(|(name, _)| name)).finish()
    }
}

/// Encodes pairs for a query or a body.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let encoded = pairs.into_iter().map(|(name, value)| {
        format!("{}={}", utf8_percent_encode(name, RESERVED), utf8_percent_encode(value, RESERVED))
    });
    encoded.collect::<Vec<_>>().join("&")
}

/// Decodes one name or value.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, FormError> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hexadecimal(rest.next())? << 4 | hexadecimal(rest.next())?,
            other => *other,
        });
    }
    String::from_utf8(decoded).map_err(|_| FormError::NotUtf8)
}

fn hexadecimal(digit: Option<&u8>) -> Result<u8, FormError> {
    let value = digit.and_then(|digit| char::from(*digit).to_digit(16)).ok_or(FormError::BadPercent)?;
    u8::try_from(value).map_err(|_| FormError::BadPercent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(text: &str) -> Form {
        Form::parse(text.as_bytes()).unwrap()
    }

    /// RFC 6749 appendix B: the code points U+0020, U+0025, U+0026, U+002B, U+00A3, U+20AC.
    #[test]
    fn the_vector_of_rfc_6749_appendix_b_is_decoded() {
        assert_eq!(form("v=+%25%26%2B%C2%A3%E2%82%AC").single("v"), Ok(Some(" %&+\u{a3}\u{20ac}")));
    }

    #[test]
    fn the_same_text_is_encoded_without_a_plus() {
        assert_eq!(encode([("v", " %&+\u{a3}\u{20ac}")]), "v=%20%25%26%2B%C2%A3%E2%82%AC");
    }

    #[test]
    fn a_parameter_without_a_value_counts_as_absent() {
        for text in ["state=", "state", "", "other=1"] {
            assert_eq!(form(text).single("state"), Ok(None), "{text}");
            assert_eq!(form(text).first("state"), None, "{text}");
        }
    }

    #[test]
    fn a_parameter_given_twice_is_repeated_even_when_one_is_empty_or_encoded() {
        for text in ["a=1&a=2", "a=1&a=1", "a=1&a=", "a&a", "a=1&%61=2"] {
            assert_eq!(form(text).single("a"), Err(Repeated), "{text}");
            assert_eq!(form(text).repeated(), Some("a"), "{text}");
        }
    }

    #[test]
    fn only_resource_may_be_repeated() {
        let form = form("resource=x&resource=y&resource=&code=1");
        assert_eq!(form.repeated(), None);
        assert_eq!(form.all("resource").collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn names_are_compared_by_case() {
        assert_eq!(form("Code=1&code=2").single("code"), Ok(Some("2")));
    }

    #[test]
    fn only_the_first_equals_sign_separates() {
        assert_eq!(form("code=a=b==").single("code"), Ok(Some("a=b==")));
    }

    #[test]
    fn broken_percent_sequences_are_refused() {
        for text in ["a=%", "a=%4", "a=%zz", "%=1", "a=%+1", "a=%C2%"] {
            assert_eq!(Form::parse(text.as_bytes()).unwrap_err(), FormError::BadPercent, "{text}");
        }
    }

    #[test]
    fn a_form_that_is_not_utf8_is_refused() {
        for bytes in [&b"a=%ff"[..], b"a=\xff", b"%C2=1", b"a=%ED%A0%80"] {
            assert_eq!(Form::parse(bytes).unwrap_err(), FormError::NotUtf8, "{bytes:?}");
        }
    }

    #[test]
    fn a_flood_of_parameters_is_refused() {
        assert!(Form::parse("a&".repeat(MAX_PAIRS).as_bytes()).is_ok());
        assert_eq!(Form::parse("a&".repeat(MAX_PAIRS + 1).as_bytes()).unwrap_err(), FormError::TooManyPairs);
    }

    #[test]
    fn debug_shows_names_and_no_values() {
        assert_eq!(format!("{:?}", form("code=hunter2&state=s3cret")), r#"{"code", "state"}"#);
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(bytes: Vec<u8>) {
            let _ = Form::parse(&bytes);
        }

        #[test]
        fn an_encoded_form_is_decoded(pairs in prop::collection::vec((".+", ".+"), 0..9)) {
            let encoded = encode(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let form = Form::parse(encoded.as_bytes()).unwrap();
            let decoded: Vec<_> = form.pairs.into_iter().map(|(name, value)| (name, value.to_string())).collect();
            prop_assert_eq!(decoded, pairs);
        }

        #[test]
        fn a_parameter_is_single_unless_it_is_there_twice(names in prop::collection::vec("[a-c]", 0..6), name in "[a-c]") {
            let form = form(&names.iter().map(|name| format!("{name}=1")).collect::<Vec<_>>().join("&"));
            let times = names.iter().filter(|other| **other == name).count();
            prop_assert_eq!(form.single(&name), if times > 1 { Err(Repeated) } else { Ok((times == 1).then_some("1")) });
            let twice = |name: &str| names.iter().filter(|other| *other == name).count() > 1;
            prop_assert_eq!(form.repeated().is_some(), names.iter().any(|name| twice(name)));
        }

        #[test]
        fn an_encoded_form_is_safe_in_a_url(name in ".*", value in ".*") {
            let encoded = encode([(name.as_str(), value.as_str())]);
            let safe = |c: char| c.is_ascii_alphanumeric() || "-._~%=".contains(c);
            prop_assert!(encoded.chars().all(safe));
        }
    }
}
