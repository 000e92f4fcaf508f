//! The error body of the token, registration and revocation endpoints (RFC 6749 §5.2, RFC 7591 §3.2.2).

use serde::Serialize;

use crate::{client_metadata::RegistrationError, token_request::TokenRequestError};

/// The error for the client. Its texts are fixed, so that no secret and no internal reason can leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OAuthError {
    /// `error`.
    pub error: &'static str,
    /// `error_description`.
    pub error_description: &'static str,
}

impl OAuthError {
    /// A code and its description.
    #[must_use]
    pub const fn new(error: &'static str, error_description: &'static str) -> Self {
        Self { error, error_description }
    }
}

impl From<&RegistrationError> for OAuthError {
    fn from(error: &RegistrationError) -> Self {
        Self::new(error.code(), error.description())
    }
}

impl From<TokenRequestError> for OAuthError {
    fn from(error: TokenRequestError) -> Self {
        Self::new(error.code(), error.description())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_the_one_of_rfc_6749() {
        let body = serde_json::to_string(&OAuthError::new("invalid_grant", "no")).unwrap();
        assert_eq!(body, r#"{"error":"invalid_grant","error_description":"no"}"#);
    }

    #[test]
    fn refusals_of_requests_and_registrations_have_bodies() {
        let token = OAuthError::from(TokenRequestError::UnsupportedGrantType);
        assert_eq!(token.error, "unsupported_grant_type");
        let registration = OAuthError::from(&RegistrationError::InvalidRedirectUri("no fragment"));
        assert_eq!(registration, OAuthError::new("invalid_redirect_uri", "no fragment"));
    }
}
