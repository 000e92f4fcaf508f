//! What one browser remembers of its decisions, in two sealed cookies.
//!
//! `__Host-MCP_APPROVED_CLIENTS` holds ids; the approvals themselves stand in the owner document, so what is withdrawn there
//! is withdrawn everywhere. `__Host-MCP_DENIED_CLIENTS` holds denials, which are made before anyone has signed in.

use oauth_protocol::redirect_uri::RedirectTarget;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use time::{Duration, OffsetDateTime};

use crate::{authorization::ValidRequest, id::Id, owner::Approval, ports::Unavailable, server::AuthorizationServer};

/// Purpose, and with its prefix the name, of the cookie of approvals.
pub const APPROVED: &str = "__Host-MCP_APPROVED_CLIENTS";
/// Purpose, and with its prefix the name, of the cookie of denials.
pub const DENIED: &str = "__Host-MCP_DENIED_CLIENTS";
/// Entries of either, the oldest out: so that neither comes near the 4 KB that a browser keeps.
const ENTRIES: usize = 24;
/// A denial is remembered this long.
pub const DENIAL_LIFETIME: Duration = Duration::hours(24);

/// The cookies as they came.
#[derive(Clone, Copy, Default)]
pub struct MemoryCookies<'a> {
    /// [`APPROVED`].
    pub approved: Option<&'a str>,
    /// [`DENIED`].
    pub denied: Option<&'a str>,
}

/// The cookies, opened. One that was not sealed here is as good as none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    approved: Vec<Remembered>,
    denied: Vec<Denial>,
}

/// Points at an approval in an owner document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// Whose document.
    #[serde(rename = "o")]
    pub owner: Id,
    /// Which approval.
    #[serde(rename = "a")]
    pub approval: Id,
    #[serde(rename = "c")]
    client: Id,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Denial {
    #[serde(rename = "c")]
    client: Id,
    #[serde(rename = "u")]
    until: i64,
}

impl Memory {
    /// With an approval in front.
    #[must_use]
    pub fn with_approval(mut self, owner: Id, approval: Id, client: Id) -> Self {
        self.approved.retain(|other| !(other.client == client && other.owner == owner));
        self.approved.push(Remembered { owner, approval, client });
        let surplus = self.approved.len().saturating_sub(ENTRIES);
        self.approved.drain(..surplus);
        self
    }

    /// With a denial of this client.
    #[must_use]
    pub fn with_denial(self, client: Id, now: OffsetDateTime) -> Self {
        let mut memory = self.without_denial(client);
        memory.denied.push(Denial { client, until: (now + DENIAL_LIFETIME).unix_timestamp() });
        let surplus = memory.denied.len().saturating_sub(ENTRIES);
        memory.denied.drain(..surplus);
        memory
    }

    /// The denial of this client forgotten.
    #[must_use]
    pub fn without_denial(mut self, client: Id) -> Self {
        self.denied.retain(|denial| denial.client != client);
        self
    }

    /// Every denial forgotten.
    #[must_use]
    pub fn without_denials(mut self) -> Self {
        self.denied.clear();
        self
    }

    /// How many approvals are remembered.
    #[must_use]
    pub fn approvals(&self) -> usize {
        self.approved.len()
    }

    /// How many clients are denied.
    #[must_use]
    pub fn denials(&self, now: OffsetDateTime) -> usize {
        self.denied.iter().filter(|denial| now.unix_timestamp() < denial.until).count()
    }

    /// Whether this client was denied lately.
    #[must_use]
    pub fn denies(&self, client: Id, now: OffsetDateTime) -> bool {
        self.denied.iter().any(|denial| denial.client == client && now.unix_timestamp() < denial.until)
    }
}

impl AuthorizationServer {
    /// Opens the cookies.
    pub async fn recall(&self, cookies: MemoryCookies<'_>) -> Result<Memory, Unavailable> {
        Ok(Memory {
            approved: self.open_list(APPROVED, cookies.approved).await?,
            denied: self.open_list(DENIED, cookies.denied).await?,
        })
    }

    /// The value of [`APPROVED`].
    pub async fn seal_approved(&self, memory: &Memory) -> Result<String, Unavailable> {
        self.seal_list(APPROVED, &memory.approved).await
    }

    /// The value of [`DENIED`].
    pub async fn seal_denied(&self, memory: &Memory) -> Result<String, Unavailable> {
        self.seal_list(DENIED, &memory.denied).await
    }

    /// The newest approval that this browser remembers, that covers the request, and that still stands.
    pub(crate) async fn remembered(
        &self,
        memory: &Memory,
        request: &ValidRequest,
    ) -> Result<Option<(Remembered, Approval)>, Unavailable> {
        for remembered in memory.approved.iter().rev().filter(|remembered| remembered.client == request.client) {
            let owner = self.owner(remembered.owner).await?;
            let approval = owner.and_then(|owner| owner.approval(remembered.approval, request, self.now()).cloned());
            if let Some(approval) = approval {
                return Ok(Some((*remembered, approval)));
            }
        }
        Ok(None)
    }

    /// Whether this browser remembers a standing approval of this client and receiver, of whatever scope.
    pub(crate) async fn approved_target(
        &self,
        memory: &Memory,
        client: Id,
        target: &RedirectTarget,
    ) -> Result<bool, Unavailable> {
        for remembered in memory.approved.iter().filter(|remembered| remembered.client == client) {
            let approvals = self.owner(remembered.owner).await?.map(|owner| owner.approvals).unwrap_or_default();
            let stands = |approval: &Approval| {
                approval.id == remembered.approval
                    && approval.stands(self.now())
                    && approval.client == client
                    && approval.redirect.same_receiver(target)
            };
            if approvals.iter().any(stands) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn open_list<T: DeserializeOwned>(&self, name: &str, cookie: Option<&str>) -> Result<Vec<T>, Unavailable> {
        let Some(cookie) = cookie else { return Ok(Vec::new()) };
        let opened = self.sealer.open(&purpose(name), cookie).await?;
        Ok(opened.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default())
    }

    async fn seal_list<T: Serialize>(&self, name: &str, list: &[T]) -> Result<String, Unavailable> {
        let json =
            serde_json::to_vec(list).map_err(|error| Unavailable { what: "cookie", reason: error.to_string() })?;
        self.sealer.seal(&purpose(name), &json).await
    }
}

fn purpose(name: &str) -> String {
    format!("cookie:{name}")
}
