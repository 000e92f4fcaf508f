//! The decisions that one browser remembers, in two sealed cookies.
//!
//! `__Host-MCP_APPROVED_CLIENTS` has the ids of approvals; the approvals are in the owner document, so a withdrawal counts in
//! every browser. `__Host-MCP_DENIED_CLIENTS` has the denials themselves, since an owner denies before signing in.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ground::{Id, SealedAsJson, lifetimes::DENIAL_LIFETIME};

/// The most entries of either cookie, so that neither comes near the 4 KB that a browser keeps. The oldest are forgotten.
const MAX_ENTRIES: usize = 24;

/// The cookies, opened. A cookie that this server did not seal counts as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub(crate) approved: ApprovedClients,
    pub(crate) denied: DeniedClients,
}

/// The approvals that are remembered, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApprovedClients(pub(crate) Vec<Remembered>);

/// The denials that are remembered, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeniedClients(pub(crate) Vec<Denial>);

impl SealedAsJson for ApprovedClients {
    const PURPOSE: &'static str = "cookie:__Host-MCP_APPROVED_CLIENTS";
    type BoundTo = ();
}

impl SealedAsJson for DeniedClients {
    const PURPOSE: &'static str = "cookie:__Host-MCP_DENIED_CLIENTS";
    type BoundTo = ();
}

/// Names an approval in an owner document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The owner.
    #[serde(rename = "o")]
    pub owner: Id,
    /// The approval.
    #[serde(rename = "a")]
    pub approval: Id,
    #[serde(rename = "c")]
    pub(crate) client: Id,
}

/// One client that was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Denial {
    #[serde(rename = "c")]
    client: Id,
    #[serde(rename = "u")]
    until: i64,
}

impl Memory {
    /// With one more approval.
    #[must_use]
    pub fn with_approval(mut self, owner: Id, approval: Id, client: Id) -> Self {
        self.approved.0.retain(|other| !(other.client == client && other.owner == owner));
        self.approved.0.push(Remembered { owner, approval, client });
        let surplus = self.approved.0.len().saturating_sub(MAX_ENTRIES);
        self.approved.0.drain(..surplus);
        self
    }

    /// With a denial of this client.
    #[must_use]
    pub fn with_denial(self, client: Id, now: OffsetDateTime) -> Self {
        let mut memory = self.without_denial(client);
        memory.denied.0.push(Denial { client, until: (now + DENIAL_LIFETIME).unix_timestamp() });
        let surplus = memory.denied.0.len().saturating_sub(MAX_ENTRIES);
        memory.denied.0.drain(..surplus);
        memory
    }

    /// Without the denial of this client.
    #[must_use]
    pub fn without_denial(mut self, client: Id) -> Self {
        self.denied.0.retain(|denial| denial.client != client);
        self
    }

    /// Without any denial.
    #[must_use]
    pub fn without_denials(mut self) -> Self {
        self.denied.0.clear();
        self
    }

    /// How many approvals are remembered.
    #[must_use]
    pub fn approvals(&self) -> usize {
        self.approved.0.len()
    }

    /// How many clients are denied.
    #[must_use]
    pub fn denials(&self, now: OffsetDateTime) -> usize {
        self.denied.0.iter().filter(|denial| now.unix_timestamp() < denial.until).count()
    }

    /// Whether a denial of this client is remembered.
    #[must_use]
    pub fn denies(&self, client: Id, now: OffsetDateTime) -> bool {
        self.denied.0.iter().any(|denial| denial.client == client && now.unix_timestamp() < denial.until)
    }
}
