//! The authorization before its decision: nothing is stored, the request travels sealed in the page.

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
    /// What is asked.
    pub request: ValidRequest,
    /// What the page shows, and so what its buttons may do.
    pub asks: Asks,
    /// Whether the client wants the owner to sign in anew, or to choose among accounts.
    pub sign_in: SignInPrompt,
    /// Of the secret in this browser's `__Host-MCP_CONSENT_STATE` cookie.
    pub binding: SecretHash,
    /// Of the double-submit token.
    pub csrf: SecretHash,
    /// When the page was made.
    pub issued_at: OffsetDateTime,
}

/// What a page asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// The whole question.
    Consent,
    /// The short one: this was allowed before.
    Continue {
        /// Whose document holds the approval.
        owner: Id,
        /// Which approval.
        approval: Id,
    },
    /// Nothing: it was denied, which can be undone.
    Undo,
}

/// `prompt`, as far as Entra is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInPrompt {
    /// Entra decides.
    #[default]
    Any,
    /// Choose among accounts.
    SelectAccount,
    /// Sign in anew.
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
    /// Whether the page is too old to decide.
    #[must_use]
    pub fn expired(&self, now: OffsetDateTime) -> bool {
        now >= self.issued_at + CONSENT_LIFETIME
    }

    /// What allowing on this page means; `None` where the page had no such button.
    #[must_use]
    pub fn consent(&self) -> Option<Consent> {
        match self.asks {
            Asks::Consent => Some(Consent::Fresh),
            Asks::Continue { owner, approval } => Some(Consent::Remembered { owner, approval }),
            Asks::Undo => None,
        }
    }
}
