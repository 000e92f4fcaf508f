//! Refusals of a token request before the store is read.

use crate::form::Repeated;

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
    /// RFC 6749 §5.2: `invalid_client` for an unsupported method. Clients of this server are public: no secret is right.
    #[error("send no client secret; this server has public clients only")]
    ClientAuthentication,
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
            Self::ClientAuthentication => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Scope => "invalid_scope",
        }
    }

    /// The HTTP status (RFC 6749 §5.2).
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::ClientAuthentication => 401,
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
            Self::ClientAuthentication => "send no client secret; this server has public clients only",
            Self::UnsupportedGrantType => "grant_type must be authorization_code or refresh_token",
            Self::Scope => "scope has a character that is not allowed",
        }
    }
}
