//! Why an API gave no result, for the log and for people.

use std::borrow::Cow;

use authorization_server::{
    resource::downstream::DownstreamError,
    state::{api::Api, claims::Claims},
    upstream::UpstreamBlock,
};
use oauth_protocol::scope::Scope;

use crate::limited_answer::AnswerError;

/// Why an API gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The access token's scope does not include the tool's. This is all that is needed.
    #[error("the scope {0} is needed")]
    Scope(Scope),
    /// The same for a client that got its token from Entra.
    #[error("the permissions {0} are needed")]
    EntraScope(Scope),
    /// There is no downstream token.
    #[error(transparent)]
    Token(#[from] DownstreamError),
    /// 401, also with a new token, and the claims that the token lacks.
    #[error("the API refused the downstream token")]
    Unauthorized(Option<Claims>),
    /// 403.
    #[error("forbidden")]
    Forbidden,
    /// 404.
    #[error("not found")]
    NotFound,
    /// 404 with a code of Exchange: the user has no mailbox in Exchange Online.
    #[error("the user has no mailbox")]
    NoMailbox,
    /// 429, 5xx or a timeout, after retries.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A limit of this process, by its name in the log.
    #[error("limit reached: {0}")]
    Limit(&'static str),
    /// The answer is longer than any that a tool needs.
    #[error("the answer is too large")]
    TooLarge,
    /// 400, with the code of the error, if it has the form of Graph's (<https://learn.microsoft.com/graph/errors>).
    #[error("bad request: {0}")]
    Refused(String),
    /// Any other response.
    #[error("unexpected response")]
    Unexpected,
}

impl From<AnswerError> for ApiError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::TooLarge(_) => Self::TooLarge,
            AnswerError::Exhausted(_) => Self::Limit("memory for answers of APIs"),
            AnswerError::BrokenOff(_) => Self::Unexpected,
        }
    }
}

impl ApiError {
    /// The text for the client's user, if this API was called.
    #[must_use]
    pub fn in_plain_words(&self, api: Api) -> Cow<'static, str> {
        let of_api = |words: &str| format!("{} {words}", api.name()).into();
        Cow::Borrowed(match self {
            Self::Scope(scope) => return not_allowed(scope).into(),
            Self::EntraScope(scope) => return not_in_token(scope).into(),
            Self::Unavailable(_) | Self::Limit(_) => {
                return of_api("does not answer at the moment. Try again in a minute.");
            }
            Self::Forbidden => return of_api("does not allow you to see this."),
            Self::Refused(_) => return of_api("does not accept this request."),
            Self::NotFound => return of_api("has no such resource."),
            Self::TooLarge => return of_api("gave an answer that is too large for this server."),
            Self::Unexpected => return of_api("gave an answer that this server does not understand."),
            Self::Unauthorized(_) => {
                return of_api(
                    "refused this although you are signed in. If this happens again, an administrator of Microsoft Entra ID \
                     can find the reason in the sign-in log.",
                );
            }
            Self::Token(error) => without_token(error),
            Self::NoMailbox => "You have no mailbox in Exchange Online, so there is no mail and no calendar to read.",
        })
    }
}

fn without_token(error: &DownstreamError) -> &'static str {
    match error {
        DownstreamError::SignInAgain => {
            "Microsoft wants you to sign in again. Reconnect this server in your application."
        }
        DownstreamError::ClaimsDemanded(_) => {
            "Microsoft Entra ID demands more of your sign-in, such as a second factor. Sign in to your application again, then \
             try again."
        }
        DownstreamError::NotConsented => {
            "Microsoft Entra ID gave no token for this, because the consent to it is missing. Signing in again does not help: an \
             administrator must consent for the organisation."
        }
        DownstreamError::Blocked(UpstreamBlock::Policy) => {
            "A policy of your organisation blocks this, and signing in again does not help. \
             An administrator of Microsoft Entra ID can change the policy (Conditional Access)."
        }
        DownstreamError::Blocked(UpstreamBlock::Repeated) => {
            "Microsoft Entra ID refused this again after you signed in, so signing in once more does not help. \
             An administrator of Microsoft Entra ID can allow it, by consent for the organisation or in its policies."
        }
        DownstreamError::Refused(_) => {
            "Microsoft Entra ID refuses this server. The administrator of this server can find the reason in its log."
        }
        DownstreamError::Unavailable(_) => "Microsoft Entra ID does not answer at the moment. Try again in a minute.",
    }
}

fn not_in_token(scope: &Scope) -> String {
    format!(
        "The token that this application got from Microsoft Entra ID does not allow this. The application must ask \
         Entra for the permissions “{scope}” of this server."
    )
}

fn not_allowed(scope: &Scope) -> String {
    format!(
        "This application was not allowed to do that. In its settings, ask for the scopes “{scope}” and connect it again. If it \
         cannot ask for scopes, the operator of this server can add them to its DEFAULT_SCOPES."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_what_they_can_do_and_nothing_of_the_reason() {
        let refused = DownstreamError::Refused("AADSTS700027".into());
        let unavailable = DownstreamError::Unavailable("10.0.0.7 is down".into());
        for (error, words) in [
            (ApiError::Scope(Scope::parse("user.read mail.read").unwrap()), "ask for the scopes “user.read mail.read”"),
            (DownstreamError::SignInAgain.into(), "sign in again"),
            (ApiError::Unauthorized(None), "an administrator of Microsoft Entra ID can find the reason"),
            (refused.into(), "The administrator of this server can find the reason"),
            (unavailable.into(), "Try again in a minute"),
            (
                ApiError::Unavailable("10.0.0.7 is down".into()),
                "Microsoft Graph does not answer at the moment. Try again",
            ),
            (ApiError::Forbidden, "does not allow you to see this"),
            (ApiError::NoMailbox, "You have no mailbox in Exchange Online"),
            (ApiError::Refused("AADSTS".into()), "does not accept this request"),
            (ApiError::NotFound, "has no such resource"),
            (ApiError::Unexpected, "does not understand"),
        ] {
            let told = error.in_plain_words(Api::Graph);
            assert!(told.contains(words), "{error}: {told}");
            assert!(!told.contains("10.0.0.7") && !told.contains("AADSTS"), "{told}");
        }
    }
}
