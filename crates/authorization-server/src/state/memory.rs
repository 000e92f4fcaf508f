//! The decisions that one browser remembers, in two sealed cookies.
//!
//! `__Host-MCP_APPROVED_CLIENTS` has the ids of approvals; the approvals are in the owner document, so a withdrawal counts in
//! every browser. `__Host-MCP_DENIED_CLIENTS` has the denials themselves, since an owner denies before signing in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_protocol::redirect_uri::RedirectTarget;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::visible_name::visible_name;
use crate::ground::{Id, SealedAsJson, lifetimes::DENIAL_LIFETIME};

/// The most entries of either cookie, so that neither comes near the 4 KB that a browser keeps. The oldest are forgotten.
const MAX_ENTRIES: usize = 24;

/// The cookies, opened. A cookie that this server did not seal counts as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RememberedDecisions {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Denial {
    #[serde(rename = "c")]
    client: Id,
    #[serde(rename = "u")]
    until: i64,
    /// `None` in a cookie of an earlier release.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    likeness: Option<Likeness>,
}

/// The name of a client, as a page shows it, and the host that it returns to, as a short hash: a client that registers anew after a denial has both
/// again. They are the client's own choice, so they prove nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Likeness(String);

impl Likeness {
    /// Of a client with this name, and the host of this receiver.
    #[must_use]
    pub fn of(name: Option<&str>, receiver: &RedirectTarget) -> Self {
        let host = receiver.host_without_port();
        let hash = Sha256::digest(format!("{}\0{host}", visible_name(name).unwrap_or_default()));
        Self(URL_SAFE_NO_PAD.encode(hash.first_chunk::<9>().unwrap_or(&[0; 9])))
    }
}

impl RememberedDecisions {
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
    pub fn with_denial(self, client: Id, likeness: Likeness, now: OffsetDateTime) -> Self {
        let mut memory = self.without_denial(client);
        let until = (now + DENIAL_LIFETIME).unix_timestamp();
        memory.denied.0.push(Denial { client, until, likeness: Some(likeness) });
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

    /// Without the denials of clients that look like this.
    #[must_use]
    pub fn without_denials_like(mut self, likeness: &Likeness) -> Self {
        self.denied.0.retain(|denial| denial.likeness.as_ref() != Some(likeness));
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
        self.current_denials(now).count()
    }

    /// Whether a denial of this client is remembered.
    #[must_use]
    pub fn denies(&self, client: Id, now: OffsetDateTime) -> bool {
        self.current_denials(now).any(|denial| denial.client == client)
    }

    /// Whether a denial of a client that looks like this is remembered.
    #[must_use]
    pub fn denies_like(&self, likeness: &Likeness, now: OffsetDateTime) -> bool {
        self.current_denials(now).any(|denial| denial.likeness.as_ref() == Some(likeness))
    }

    fn current_denials(&self, now: OffsetDateTime) -> impl Iterator<Item = &Denial> {
        self.denied.0.iter().filter(move |denial| now.unix_timestamp() < denial.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_forget_denials_forgets_no_approval() {
        let (now, id) = (OffsetDateTime::UNIX_EPOCH, |byte| Id::from_bytes([byte; 16]));
        let [one, other] = ["one", "other"].map(|name| Likeness(name.to_owned()));
        let memory = RememberedDecisions::default().with_approval(id(1), id(2), id(3));
        let memory = memory.with_denial(id(4), one.clone(), now).with_denial(id(5), other, now);
        let left = memory.clone().without_denials_like(&one);
        assert_eq!((left.approvals(), left.denies(id(4), now), left.denies(id(5), now)), (1, false, true));
        let left = memory.without_denials();
        assert_eq!((left.approvals(), left.denials(now)), (1, 0));
    }
}
