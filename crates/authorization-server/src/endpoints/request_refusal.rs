//! Why an authorization request is refused.

use oauth_protocol::{
    authorization_request::AuthorizationRequestError, authorization_response::AuthorizationErrorCode,
};

/// For the audit log.
pub(crate) const BLOCKED: &str = "the operator has blocked the client";

/// Refusals that the client must not hear of: the redirect URI is not to be trusted (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AtServer {
    /// `client_id` or `redirect_uri` is missing or given more than once.
    #[error("{0} is missing or given more than once")]
    BadParameter(&'static str),
    /// There is no such registration.
    #[error("{}", self.reason())]
    UnknownClient,
    /// The client registered other redirect URIs.
    #[error("{}", self.reason())]
    RedirectMismatch,
    /// `client_id` is a URL at which there can be no document.
    #[error("{}", self.reason())]
    ClientIdUrl(&'static str),
    /// The operator does not allow the host of the client's document.
    #[error("{}", self.reason())]
    DocumentHost,
    /// The operator has blocked the client.
    #[error("{}", self.reason())]
    Blocked,
    /// The client's document could not be fetched.
    #[error("{}", self.reason())]
    DocumentNotFetched,
    /// The client's document is not valid.
    #[error("{}", self.reason())]
    Document(&'static str),
}

impl AtServer {
    /// Why, for the audit log.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::BadParameter(_) => "client_id or redirect_uri is missing or given more than once",
            Self::UnknownClient => "the client is not registered",
            Self::RedirectMismatch => "the redirect URI is not registered for this client",
            Self::ClientIdUrl(reason) | Self::Document(reason) => reason,
            Self::DocumentHost => "the host of the client's metadata document is not allowed",
            Self::Blocked => BLOCKED,
            Self::DocumentNotFetched => "the client's metadata document could not be fetched",
        }
    }
}

/// Refusals that the client hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// The request itself is wrong.
    #[error(transparent)]
    Request(#[from] AuthorizationRequestError),
    /// `resource` is not this server.
    #[error("resource does not name this server")]
    Target,
    /// `prompt=none`, and the owner has not allowed this before.
    #[error("consent is required")]
    ConsentRequired,
    /// `prompt=none`, and the sign-in may need a page of Entra.
    #[error("sign-in is required")]
    LoginRequired,
}

impl RequestRefusal {
    /// `error` of the authorization response.
    #[must_use]
    pub fn code(&self) -> AuthorizationErrorCode {
        match self {
            Self::Request(error) => error.code(),
            Self::Target => AuthorizationErrorCode::InvalidTarget,
            Self::ConsentRequired => AuthorizationErrorCode::ConsentRequired,
            Self::LoginRequired => AuthorizationErrorCode::LoginRequired,
        }
    }

    /// `error_description` of the authorization response.
    #[must_use]
    pub fn description(&self) -> &'static str {
        match self {
            Self::Request(error) => error.description(),
            Self::Target => "resource does not name this server",
            Self::ConsentRequired => "the resource owner has not allowed this before",
            Self::LoginRequired => "the resource owner must sign in",
        }
    }
}
