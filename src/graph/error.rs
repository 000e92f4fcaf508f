//! Why Graph gave no result, for the log and for people.

use authorization_server::resource::downstream::DownstreamError;

/// Why Graph gave no result.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The access token's scope does not include the tool's.
    #[error("the scope {0} was not granted")]
    Scope(&'static str),
    /// There is no downstream token.
    #[error(transparent)]
    Token(#[from] DownstreamError),
    /// 401, also with a new token.
    #[error("Graph refused the downstream token")]
    Unauthorized,
    /// 403.
    #[error("forbidden")]
    Forbidden,
    /// 404.
    #[error("not found")]
    NotFound,
    /// 429, 5xx or a timeout, after retries.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// Any other response.
    #[error("unexpected response")]
    Unexpected,
}

impl GraphError {
    /// The text for the client's user.
    #[must_use]
    pub fn in_plain_words(&self) -> &'static str {
        match self {
            Self::Scope(_) => "This application was not allowed to do that. Connect it again and allow it.",
            Self::Token(DownstreamError::SignInAgain) | Self::Unauthorized => {
                "Microsoft wants you to sign in again. Reconnect this server in your application."
            }
            Self::Token(DownstreamError::Refused(_)) => {
                "Microsoft Entra ID refuses this server. Its administrator finds the reason in the server's log."
            }
            Self::Token(DownstreamError::Unavailable(_)) | Self::Unavailable(_) => {
                "Microsoft does not answer at the moment. Try again in a minute."
            }
            Self::Forbidden => "Microsoft Graph does not allow you to see this.",
            Self::NotFound => "Microsoft Graph has no such resource.",
            Self::Unexpected => "Microsoft Graph gave an answer that this server does not understand.",
        }
    }
}
