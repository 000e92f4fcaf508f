//! Why a callback is refused.

use super::{callback_cost::CallbackCost, own_page_sign_in::OwnPageSignInError, request_refusal::BLOCKED};
use crate::ground::{TooMany, Unavailable};

/// Why a callback is refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
pub enum CallbackError {
    /// The `state` is not ours.
    UnknownState,
    /// It came from another browser than the one that consented, so the authorization was ended.
    OtherBrowser,
    /// It was repeated while the first callback is being answered, or after its process died over it.
    UnderWay,
    /// A service failed after its `state` was spent, and the end of the authorization could not be written.
    #[error(transparent)]
    Interrupted(Unavailable),
    /// It was repeated after the client was answered.
    AlreadyCompleted,
    /// The owner signed in once more, as Entra demanded, and Entra refuses the exchange all the same. The authorization was
    /// ended.
    StillRefused,
    /// The operator has blocked the client. Nothing was spent.
    ClientBlocked,
    /// Too many that cost this were sent. Its `state` is not spent, so the callback may come again.
    #[error("{1}")]
    OverLimit(CallbackCost, TooMany),
    /// It belongs to a sign-in for a page of our own.
    #[error(transparent)]
    OwnPage(#[from] OwnPageSignInError),
    /// The store or the keyring is down. Nothing was spent.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl CallbackError {
    /// Why, for the audit log; `None` if a service behind this server is down. A limit that is reached is an event of its own.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::UnknownState => Some("the state is unknown or has expired"),
            Self::OtherBrowser => Some("the callback came from another browser"),
            Self::UnderWay => Some("the callback is being completed"),
            Self::AlreadyCompleted => Some("the authorization was completed before"),
            Self::StillRefused => Some("Entra refuses the exchange after the second sign-in"),
            Self::ClientBlocked => Some(BLOCKED),
            Self::OwnPage(error) => error.refusal.reason(),
            Self::OverLimit(..) | Self::Interrupted(_) | Self::Unavailable(_) => None,
        }
    }
}
