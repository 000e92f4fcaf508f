//! An owner's decision on a page.

use serde::{Deserialize, Serialize};

/// The button that was clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// “Allow”, or “Continue”.
    Allow,
    /// “Use another account”.
    SwitchAccount,
    /// “Deny”.
    Deny,
    /// “Undo” of a denial, or “Review”.
    Undo,
}
