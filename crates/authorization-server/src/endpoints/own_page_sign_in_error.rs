//! Why a sign-in for a page of our own does not complete.

use super::{blocked_sign_in::SignInBlock, upstream_code::NotRedeemed};
use crate::{
    ground::Unavailable,
    state::{cookies::CookieChanges, owner_session::OwnPage},
    upstream::UpstreamRefusal,
};

/// Why a sign-in does not complete.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    /// The user does not have the role of operators.
    #[error("{}", self.reason().unwrap_or_default())]
    NotAnOperator,
    /// The `state` is not one of our pages, is too old, or is of another browser.
    #[error("{}", self.reason().unwrap_or_default())]
    UnknownState,
    /// The browser has no cookie of the sign-in: it keeps none, or it is another one.
    #[error("{}", self.reason().unwrap_or_default())]
    CookieMissing,
    /// Entra signed nobody in.
    #[error("nobody was signed in: {0}")]
    NotSignedIn(String),
    /// The organisation blocks the sign-in.
    #[error("the organisation blocks the sign-in: {0:?}")]
    Blocked(SignInBlock),
    /// The store, the keyring or the upstream is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl SignInRefusal {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::UnknownState => Some("the sign-in is unknown, has expired, or began in another browser"),
            Self::CookieMissing => Some("the binding cookie is missing"),
            Self::NotAnOperator => Some("the user does not have the role Admin"),
            Self::NotSignedIn(_) => Some("nobody was signed in"),
            Self::Blocked(_) => Some("the organisation blocks the sign-in"),
            Self::Unavailable(_) => None,
        }
    }
}

impl From<NotRedeemed> for SignInRefusal {
    fn from(why: NotRedeemed) -> Self {
        if let Some(block) = why.block() {
            return Self::Blocked(block);
        }
        match why {
            NotRedeemed::Refused(UpstreamRefusal::Unavailable(unavailable)) => unavailable.into(),
            other => Self::NotSignedIn(other.to_string()),
        }
    }
}

/// A sign-in that does not complete, and what happens to the cookies.
#[derive(thiserror::Error)]
#[error("{refusal}")]
pub struct OwnPageSignInError {
    /// The reason of the refusal.
    pub refusal: SignInRefusal,
    /// The page. A `state` that does not open counts as one for the page of connections.
    pub page: OwnPage,
    /// The transaction's cookie is deleted.
    pub cookies: CookieChanges,
}

impl std::fmt::Debug for OwnPageSignInError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.refusal.fmt(f)
    }
}

impl From<SignInRefusal> for OwnPageSignInError {
    fn from(refusal: SignInRefusal) -> Self {
        Self { refusal, page: OwnPage::default(), cookies: CookieChanges::default() }
    }
}
