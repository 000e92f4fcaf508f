//! Bearer tokens (RFC 6750): how one is presented, and the challenge that asks for one.

mod challenge;
mod claims_challenge;
mod jwt;

use secrecy::SecretString;

pub use self::{challenge::Challenge, claims_challenge::ClaimsChallenge, jwt::is_jwt};

/// The credentials of RFC 6750 §2.1, the only way in which a token is accepted: neither form nor query is (§2.2, §2.3).
pub enum BearerToken {}

/// RFC 6750 §3.1, `invalid_request`: the header is malformed or repeated. Answered with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// Two headers, or two that a proxy joined with a comma.
    #[error("there is more than one Authorization header")]
    Repeated,
    /// Not `Bearer` and one `b64token`.
    #[error("the Authorization header is malformed")]
    Malformed,
}

impl BearerToken {
    /// Reads the values of all `Authorization` headers. No header, or another scheme, is no token.
    pub fn from_headers<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<SecretString>, BearerError> {
        let mut values = values.into_iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(BearerError::Repeated);
        }
        let text = std::str::from_utf8(value).map_err(|_| BearerError::Malformed)?;
        credentials(text.trim_matches([' ', '\t']))
    }
}

/// `credentials = "Bearer" 1*SP b64token`; schemes are compared without case (RFC 9110 §11.1).
fn credentials(text: &str) -> Result<Option<SecretString>, BearerError> {
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.is_empty() || !scheme.bytes().all(is_token_character) {
        return Err(BearerError::Malformed);
    }
    let token = token.trim_start_matches(' ');
    if joins_another(token) {
        return Err(BearerError::Repeated);
    }
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Ok(None);
    }
    if is_b64token(token) { Ok(Some(token.into())) } else { Err(BearerError::Malformed) }
}

/// Whether a comma is followed by another Bearer token, as when a proxy joins two headers (RFC 9110 §5.3).
fn joins_another(rest: &str) -> bool {
    let words = rest.split(',').skip(1).filter_map(|part| part.split_whitespace().next());
    words.into_iter().any(|word| word.eq_ignore_ascii_case("Bearer"))
}

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// `tchar` (RFC 9110 §5.6.2).
fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn token(values: &[&str]) -> Result<Option<String>, BearerError> {
        let token = BearerToken::from_headers(values.iter().map(|value| value.as_bytes()))?;
        Ok(token.map(|token| token.expose_secret().to_owned()))
    }

    /// RFC 6750 §2.1.
    #[test]
    fn the_example_of_rfc_6750_is_read() {
        assert_eq!(token(&["Bearer mF_9.B5f-4.1JqM"]), Ok(Some("mF_9.B5f-4.1JqM".to_owned())));
    }

    #[test]
    fn the_scheme_is_compared_without_case_and_spaces_are_tolerated() {
        for value in ["bearer a", "BEARER a", "bEaReR a", "Bearer    a", " Bearer a\t"] {
            assert_eq!(token(&[value]), Ok(Some("a".to_owned())), "{value}");
        }
    }

    #[test]
    fn every_character_of_the_grammar_is_read() {
        let all = "AZaz09-._~+/==";
        assert_eq!(token(&[&format!("Bearer {all}")]), Ok(Some(all.to_owned())));
    }

    #[test]
    fn no_header_or_another_scheme_is_no_token() {
        assert_eq!(token(&[]), Ok(None));
        for value in ["Basic YTpi", "DPoP abc", "Digest username=\"a\", realm=\"b\"", "BearerX abc", "Negotiate"] {
            assert_eq!(token(&[value]), Ok(None), "{value}");
        }
    }

    #[test]
    fn two_headers_are_refused_even_if_they_are_equal() {
        for pair in
            [["Bearer a", "Bearer b"], ["Bearer a", "Bearer a"], ["Bearer a", "Basic YTpi"], ["Basic YTpi", "Bearer a"]]
        {
            assert_eq!(token(&pair), Err(BearerError::Repeated), "{pair:?}");
        }
    }

    #[test]
    fn two_headers_that_a_proxy_joined_are_refused() {
        for value in [
            "Bearer a, Bearer b",
            "Bearer a,Bearer b",
            "Bearer a ,\tbearer b",
            "Basic YTpi, Bearer a",
            "Bearer a, Bearer",
        ] {
            assert_eq!(token(&[value]), Err(BearerError::Repeated), "{value}");
        }
        for value in ["Bearer a, Basic YTpi", "Bearer a,b", "Bearer a,"] {
            assert_eq!(token(&[value]), Err(BearerError::Malformed), "{value}");
        }
    }

    #[test]
    fn text_that_is_not_a_b64token_is_malformed() {
        for value in [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer =",
            "Bearer a=b",
            "Bearer \"a\"",
            "Bearer a\0",
            "Bearer a%20",
            "Bearer \u{e9}",
            "",
            " ",
            "Bearer\ta",
        ] {
            assert_eq!(token(&[value]), Err(BearerError::Malformed), "{value:?}");
        }
        assert_eq!(BearerToken::from_headers([&b"Bearer \xff"[..]]).unwrap_err(), BearerError::Malformed);
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_refused(values: Vec<Vec<u8>>, tail: Vec<u8>) {
            let _ = BearerToken::from_headers(values.iter().map(Vec::as_slice));
            let _ = BearerToken::from_headers([[b"Bearer ".as_slice(), &tail].concat().as_slice()]);
        }

        #[test]
        fn every_b64token_is_read_whole(text in "[A-Za-z0-9._~+/-]{1,80}={0,2}") {
            prop_assert_eq!(token(&[&format!("Bearer {text}")]), Ok(Some(text)));
        }
    }
}
