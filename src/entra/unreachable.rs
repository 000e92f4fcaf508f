//! Maps a failed request to Entra to an error for callers.

use authorization_server::ground::Unavailable;

use crate::{limited_answer::AnswerError, telemetry::chain};

/// Entra could not be reached, or broke off its answer. The error's URL is left out: it names the tenant only.
pub(super) fn unreachable(error: reqwest::Error) -> Unavailable {
    Unavailable::upstream(format!("no answer from Entra: {}", chain(&error.without_url())))
}

/// Entra's answer was not read to its end.
pub(super) fn unread(error: AnswerError) -> Unavailable {
    match error {
        AnswerError::BrokenOff(error) => unreachable(error),
        other => Unavailable::upstream(other.to_string()),
    }
}
