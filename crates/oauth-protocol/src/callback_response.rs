//! The authorization response (RFC 6749 §4.1.2, §4.1.2.1) that a client receives at its own redirect URI.
//!
//! This server is that client when Entra ID sends the browser to `/oauth-callback`.

use secrecy::SecretString;

use crate::form::Form;

/// Longer than any error code of an RFC, of OpenID Connect or of Entra ID.
const MAX_ERROR: usize = 64;

/// Longer than any code of Entra ID, which has one to two thousand characters.
const MAX_CODE: usize = 4096;

/// The response of the upstream authorization server.
#[derive(Debug)]
pub struct CallbackResponse {
    /// `state`: names the request that is answered. It carries a secret, so it is not shown.
    pub state: SecretString,
    /// `code` or `error`.
    pub outcome: CallbackOutcome,
}

/// How the sign-in ended.
#[derive(Debug)]
pub enum CallbackOutcome {
    /// RFC 6749 §4.1.2: `code`, to be redeemed once.
    Code(SecretString),
    /// RFC 6749 §4.1.2.1: `error`.
    Error(UpstreamError),
    /// Neither, or one of them more than once or malformed.
    Malformed,
}

/// An error of the server upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamError {
    /// `error`.
    pub code: UpstreamErrorCode,
    /// The number of Entra ID with which `error_description` begins. Nothing else of the description is read, so its words reach
    /// neither a page nor the log.
    pub number: Option<u32>,
}

/// `error`, in the words of the server upstream: at most 64 of the characters that RFC 6749 appendix A.7 allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamErrorCode(String);

/// The response belongs to no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("state is missing or given more than once")]
pub struct StateMissing;

impl CallbackResponse {
    /// Reads the query. Parameters that are not known are ignored (RFC 6749 §4.1.2).
    pub fn parse(query: &Form) -> Result<Self, StateMissing> {
        let state = query.single("state").ok().flatten().ok_or(StateMissing)?;
        Ok(Self { state: state.into(), outcome: CallbackOutcome::parse(query) })
    }
}

impl CallbackOutcome {
    /// A response that has an error is an error response, whatever else it has.
    fn parse(query: &Form) -> Self {
        match (query.single("error"), query.single("code")) {
            (Ok(Some(error)), _) => UpstreamErrorCode::parse(error).map_or(Self::Malformed, |code| {
                let description = query.single("error_description").ok().flatten();
                Self::Error(UpstreamError { code, number: description.and_then(number) })
            }),
            (Ok(None), Ok(Some(code))) if is_code(code) => Self::Code(code.into()),
            _ => Self::Malformed,
        }
    }
}

/// `AADSTS53003: …` begins with 53003.
fn number(description: &str) -> Option<u32> {
    let rest = description.strip_prefix("AADSTS")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// RFC 6749 appendix A.11: `code = 1*VSCHAR`.
fn is_code(text: &str) -> bool {
    (1..=MAX_CODE).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

impl UpstreamErrorCode {
    /// RFC 6749 appendix A.7: `error = 1*NQSCHAR`.
    fn parse(text: &str) -> Option<Self> {
        let is_nqschar = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        (text.len() <= MAX_ERROR && text.bytes().all(is_nqschar)).then(|| Self(text.to_owned()))
    }

    /// The code. It is safe to log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn parse(query: &str) -> Result<CallbackResponse, StateMissing> {
        CallbackResponse::parse(&Form::parse(query.as_bytes()).unwrap())
    }

    fn outcome(query: &str) -> CallbackOutcome {
        parse(&format!("state=xyz&{query}")).unwrap().outcome
    }

    /// The response of RFC 6749 §4.1.2.
    #[test]
    fn a_code_is_read_with_its_state() {
        let response = parse("code=SplxlOBeZQQYbYS6WxSbIA&state=xyz").unwrap();
        assert_eq!(response.state.expose_secret(), "xyz");
        let CallbackOutcome::Code(code) = response.outcome else { panic!("{:?}", response.outcome) };
        assert_eq!(code.expose_secret(), "SplxlOBeZQQYbYS6WxSbIA");
    }

    /// The error response of RFC 6749 §4.1.2.1, with what Entra ID adds to it.
    #[test]
    fn an_error_is_read_without_its_description() {
        let query = "error=access_denied&error_description=AADSTS65004%3a+hunter2&error_uri=https%3a%2f%2fx&state=xyz";
        let response = parse(query).unwrap();
        assert!(!format!("{response:?}").contains("hunter2"));
        let CallbackOutcome::Error(error) = response.outcome else { panic!("{:?}", response.outcome) };
        assert_eq!((error.code.as_str(), error.number), ("access_denied", Some(65_004)));
    }

    #[test]
    fn a_number_is_read_from_the_beginning_of_one_description() {
        let number = |query: &str| match outcome(&format!("error=e&{query}")) {
            CallbackOutcome::Error(error) => error.number,
            other => panic!("{other:?}"),
        };
        assert_eq!(number("error_description=AADSTS53003:+blocked"), Some(53_003));
        assert_eq!(number("error_description=AADSTS53003"), Some(53_003));
        for none in [
            "",
            "error_description=",
            "error_description=AADSTS",
            "error_description=AADSTS-1",
            "error_description=53003",
            "error_description=see+AADSTS53003",
            "error_description=AADSTS99999999999",
            "error_description=AADSTS1&error_description=AADSTS2",
        ] {
            assert_eq!(number(none), None, "{none}");
        }
    }

    #[test]
    fn a_response_with_an_error_is_an_error_response() {
        assert!(matches!(outcome("code=c&error=login_required"), CallbackOutcome::Error(_)));
        assert!(matches!(outcome("code=c&code=d&error=login_required"), CallbackOutcome::Error(_)));
        assert!(matches!(outcome("code=c&error="), CallbackOutcome::Code(_)));
    }

    #[test]
    fn a_response_without_one_code_or_one_error_is_malformed() {
        let (long, longest) = ("e".repeat(MAX_ERROR + 1), "e".repeat(MAX_ERROR));
        for query in ["", "code=", "code=c&code=d", "error=e&error=e", "error=e&error=e&code=c", "error=a%0Ab"] {
            assert!(matches!(outcome(query), CallbackOutcome::Malformed), "{query}");
        }
        for error in ["%22", "%5C", "%C3%A9", "%7F", &long] {
            assert!(matches!(outcome(&format!("error={error}")), CallbackOutcome::Malformed), "{error}");
        }
        assert!(matches!(outcome(&format!("error={longest}")), CallbackOutcome::Error(_)));
        let (long, longest) = ("c".repeat(MAX_CODE + 1), "c".repeat(MAX_CODE));
        for code in ["a%0Ab", "%C3%A9", "%7F", &long] {
            assert!(matches!(outcome(&format!("code={code}")), CallbackOutcome::Malformed), "{code}");
        }
        assert!(matches!(outcome(&format!("code={longest}")), CallbackOutcome::Code(_)));
    }

    #[test]
    fn a_response_without_exactly_one_state_answers_nothing() {
        for query in ["code=c", "code=c&state=", "code=c&state", "code=c&state=a&state=a", "code=c&state=a&state="] {
            assert_eq!(parse(query).unwrap_err(), StateMissing, "{query}");
        }
    }

    #[test]
    fn unknown_parameters_are_ignored_even_when_they_are_repeated() {
        let query = "session_state=1&session_state=2&client_info=e30&code=c";
        assert!(matches!(outcome(query), CallbackOutcome::Code(_)));
    }

    #[test]
    fn debug_shows_neither_state_nor_code() {
        let shown = format!("{:?}", parse("code=SplxlOBeZQ&state=s3cret").unwrap());
        assert!(!shown.contains("Splx") && !shown.contains("s3cret"), "{shown}");
    }

    proptest! {
        #[test]
        fn any_query_is_parsed_or_refused(bytes: Vec<u8>, tail in "(state|code|error|[a-z]{1,3}|[=&%0-9]){0,12}") {
            for query in [bytes, tail.into_bytes()] {
                if let Ok(form) = Form::parse(&query) {
                    let _ = CallbackResponse::parse(&form);
                }
            }
        }
    }
}
