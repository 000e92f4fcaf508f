//! The sign-in for a page of our own. Nothing of it is stored: its `state` and its session are sealed.

use oauth_protocol::secret::{Secret, SecretHash};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ground::{
    Id, SealedAsJson,
    lifetimes::{CONSENT_LIFETIME, OWNER_SESSION_LIFETIME},
};

/// A page for which people sign in to this server itself. A session of one never opens the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnPage {
    /// An owner sees and withdraws consents.
    #[default]
    Connections,
    /// An operator sees and blocks applications.
    Operator,
}

impl OwnPage {
    /// Its path.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Connections => "/connections",
            Self::Operator => "/operator",
        }
    }
}

/// The `state` of a sign-in for a page of our own.
#[derive(Serialize, Deserialize)]
pub struct OwnPageState {
    /// Transaction id: it names the cookie.
    pub(crate) id: Id,
    /// The page. A `state` of an earlier release is for the page of connections.
    #[serde(default)]
    pub(crate) page: OwnPage,
    browser: SecretHash,
    issued_at: i64,
}

impl SealedAsJson for OwnPageState {
    const PURPOSE: &'static str = "connections-state";
    type BoundTo = ();
}

impl OwnPageState {
    /// The state of a sign-in that this browser begins now.
    pub(crate) fn new(id: Id, page: OwnPage, browser: &Secret, now: OffsetDateTime) -> Self {
        Self { id, page, browser: browser.sha256(), issued_at: now.unix_timestamp() }
    }

    /// The browser's secret, if one of these cookies has it and the sign-in is not too old.
    pub(crate) fn browser<'a>(
        &self,
        mut cookies: impl Iterator<Item = &'a str>,
        now: OffsetDateTime,
    ) -> Option<Secret> {
        let young = !self.expired(now);
        cookies.find_map(|cookie| Secret::parse(cookie).filter(|secret| young && self.browser.verifies(secret)))
    }

    /// Whether the sign-in is too old.
    pub(crate) fn expired(&self, now: OffsetDateTime) -> bool {
        now.unix_timestamp() - self.issued_at >= CONSENT_LIFETIME.whole_seconds()
    }
}

/// The owner who is signed in on the page of connections.
#[derive(Serialize, Deserialize)]
pub struct OwnerSession {
    /// The owner's partition.
    pub owner: Id,
    /// The owner's name.
    pub name: String,
    until: i64,
    csrf: String,
}

impl SealedAsJson for OwnerSession {
    const PURPOSE: &'static str = "cookie:__Host-MCP_OWNER";
    type BoundTo = ();
}

impl OwnerSession {
    /// A session that begins now.
    pub(crate) fn new(owner: Id, name: String, csrf: String, now: OffsetDateTime) -> Self {
        Self { owner, name, until: (now + OWNER_SESSION_LIFETIME).unix_timestamp(), csrf }
    }

    /// Whether it has not ended.
    pub(crate) fn is_current(&self, now: OffsetDateTime) -> bool {
        now.unix_timestamp() < self.until
    }

    /// The double-submit token of its forms.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether a form was made for this session.
    #[must_use]
    pub fn made_form(&self, csrf: &str) -> bool {
        let expected = Secret::parse(&self.csrf).map(|secret| secret.sha256());
        expected.zip(Secret::parse(csrf)).is_some_and(|(expected, presented)| expected.verifies(&presented))
    }
}
