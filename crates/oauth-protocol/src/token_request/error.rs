//! Refusals of a token request before the store is read.

use crate::{client_assertion::AssertionError, form::Repeated};

/// RFC 6749 §5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRequestError {
    /// RFC 6749 §3.2: parameters must not be included more than once.
    #[error("a parameter is given more than once")]
    Repeated,
    /// A required parameter is missing or empty.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// RFC 6749 §2.3: more than one authentication method in one request.
    #[error("the client authenticates in more than one way")]
    TwoMethods,
    /// RFC 6749 §3.2.1: header and body name different clients.
    #[error("the Authorization header and client_id name different clients")]
    TwoClients,
    /// The `Authorization` header is not what RFC 6749 §2.3.1 and RFC 7617 describe.
    #[error("the Authorization header is malformed")]
    Malformed,
    /// RFC 6749 §5.2: `invalid_client` for an unsupported method. No client of this server has a secret.
    #[error("send no client secret; clients of this server have none")]
    ClientAuthentication,
    /// RFC 7521 §4.2.1: `invalid_client` for an assertion that is not one.
    #[error(transparent)]
    ClientAssertion(#[from] AssertionError),
    /// RFC 6749 §5.2.
    #[error("grant_type must be authorization_code or refresh_token")]
    UnsupportedGrantType,
    /// RFC 6749 §3.3.
    #[error("scope has a character that is not allowed")]
    Scope,
}

impl From<Repeated> for TokenRequestError {
    fn from(Repeated: Repeated) -> Self {
        Self::Repeated
    }
}

impl TokenRequestError {
    /// The code on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Repeated | Self::Missing(_) | Self::TwoMethods | Self::TwoClients | Self::Malformed => {
                "invalid_request"
            }
            Self::ClientAuthentication | Self::ClientAssertion(_) => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Scope => "invalid_scope",
        }
    }

    /// The HTTP status (RFC 6749 §5.2).
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::ClientAuthentication | Self::ClientAssertion(_) => 401,
            Self::Repeated
            | Self::Missing(_)
            | Self::TwoMethods
            | Self::TwoClients
            | Self::Malformed
            | Self::UnsupportedGrantType
            | Self::Scope => 400,
        }
    }

    /// `error_description`.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Repeated => "a parameter is given more than once",
            Self::Missing(_) => "a required parameter is missing",
            Self::TwoMethods => "the client authenticates in more than one way",
            Self::TwoClients => "the Authorization header and client_id name different clients",
            Self::Malformed => "the Authorization header is malformed",
            Self::ClientAuthentication => "send no client secret; clients of this server have none",
            Self::ClientAssertion(error) => error.0,
            Self::UnsupportedGrantType => "grant_type must be authorization_code or refresh_token",
            Self::Scope => "scope has a character that is not allowed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [TokenRequestError; 9] = [
        TokenRequestError::Repeated,
        TokenRequestError::Missing("client_id"),
        TokenRequestError::TwoMethods,
        TokenRequestError::TwoClients,
        TokenRequestError::Malformed,
        TokenRequestError::ClientAuthentication,
        TokenRequestError::ClientAssertion(AssertionError("the assertion is malformed")),
        TokenRequestError::UnsupportedGrantType,
        TokenRequestError::Scope,
    ];

    /// RFC 6749 §5.2.
    #[test]
    fn each_code_is_one_of_those_that_a_token_request_can_have() {
        for error in ALL {
            let known = ["invalid_request", "invalid_client", "unsupported_grant_type", "invalid_scope"];
            assert!(known.contains(&error.code()), "{error}");
        }
    }

    /// RFC 6749 §5.2: the status is 400, but for a client that did not authenticate as it should.
    #[test]
    fn only_invalid_client_is_401() {
        for error in ALL {
            assert_eq!(error.status() == 401, error.code() == "invalid_client", "{error}");
            assert!([400, 401].contains(&error.status()), "{error}");
        }
    }

    /// RFC 6749 appendix A.8.
    #[test]
    fn a_description_has_only_the_characters_that_are_allowed() {
        for error in ALL {
            let allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            assert!(error.description().bytes().all(allowed), "{error}");
            assert!(!error.description().is_empty());
        }
    }

    /// The parameter's name is ours; nothing that was sent is repeated.
    #[test]
    fn a_missing_parameter_is_named_in_the_log_and_not_in_the_answer() {
        let error = TokenRequestError::Missing("code_verifier");
        assert_eq!(error.to_string(), "code_verifier is missing");
        assert_eq!(error.description(), "a required parameter is missing");
    }

    #[test]
    fn a_repeated_parameter_is_an_invalid_request() {
        assert_eq!(TokenRequestError::from(Repeated).code(), "invalid_request");
    }
}
