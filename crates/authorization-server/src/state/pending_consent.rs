//! An authorization before its decision. Nothing of it is stored: the request travels sealed in the form of the page.

use oauth_protocol::{prompt::Prompt, secret::SecretHash};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    ground::{Id, SealedAsJson, lifetimes::CONSENT_LIFETIME},
    state::{authorization::Consent, valid_request::ValidRequest},
};

/// A valid request that waits for the owner's decision in one browser.
#[derive(Debug, Serialize, Deserialize)]
pub struct PendingConsent {
    /// Transaction id: the id of the authorization that the decision will create.
    pub id: Id,
    /// The request that the owner decides on.
    pub request: ValidRequest,
    /// Which question the page asks, which decides the buttons that it has.
    pub asks: Asks,
    /// The client's `prompt`, for Entra.
    pub sign_in: SignInPrompt,
    /// The hash of the secret in this browser's `__Host-MCP_CONSENT_STATE` cookie.
    pub binding: SecretHash,
    /// The hash of the double-submit token.
    pub csrf: SecretHash,
    /// When the page was issued.
    pub issued_at: OffsetDateTime,
}

/// The question of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// The full question.
    Consent,
    /// The short question: the owner has allowed this before.
    Continue {
        /// The owner who has the approval.
        owner: Id,
        /// The approval.
        approval: Id,
    },
    /// Whether to ask at all: the owner has denied an application of this name today.
    Review,
    /// No question: the request was denied, and the page can undo that.
    Undo,
}

/// `prompt` of our request to Entra.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInPrompt {
    /// No `prompt`: Entra decides.
    #[default]
    Any,
    /// The owner chooses an account.
    SelectAccount,
    /// The owner signs in again.
    Login,
}

impl From<Prompt> for SignInPrompt {
    fn from(prompt: Prompt) -> Self {
        match prompt {
            Prompt { login: true, .. } => Self::Login,
            Prompt { select_account: true, .. } => Self::SelectAccount,
            Prompt { .. } => Self::Any,
        }
    }
}

impl SealedAsJson for PendingConsent {
    const PURPOSE: &'static str = "consent-request";
    type BoundTo = ();
}

impl PendingConsent {
    /// Whether the page is too old for a decision.
    #[must_use]
    pub fn expired(&self, now: OffsetDateTime) -> bool {
        now >= self.issued_at + CONSENT_LIFETIME
    }

    /// Whether the page has a button “Deny”.
    #[must_use]
    pub fn may_be_denied(&self) -> bool {
        self.asks != Asks::Undo
    }

    /// The consent that a click on “Allow” gives; `None` if the page has no such button.
    #[must_use]
    pub fn consent(&self) -> Option<Consent> {
        match self.asks {
            Asks::Consent => Some(Consent::Fresh),
            Asks::Continue { owner, approval } => Some(Consent::Remembered { owner, approval }),
            Asks::Review | Asks::Undo => None,
        }
    }
}
