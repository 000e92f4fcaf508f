//! The consent that an authorization rests on.

use serde::{Deserialize, Serialize};

use crate::ground::Id;

/// The source of the consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The person at this browser allowed the whole question. It holds for the owner who signs in now.
    Fresh,
    /// This owner, some time ago. It holds for no other owner.
    Remembered {
        /// The owner whose document has the approval.
        owner: Id,
        /// The approval.
        approval: Id,
    },
    /// Nobody has consented: the owner who signs in must confirm.
    Pending,
}
