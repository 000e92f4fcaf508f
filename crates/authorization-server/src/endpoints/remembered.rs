//! What a browser remembers, opened from its cookies and compared with the owner documents.

use oauth_protocol::redirect_uri::RedirectTarget;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    ground::{Id, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::ValidRequest,
        memory::{APPROVED, DENIED, Memory, Remembered},
        owner::Approval,
    },
};

/// The cookies as they came.
#[derive(Clone, Copy, Default)]
pub struct MemoryCookies<'a> {
    /// [`APPROVED`].
    pub approved: Option<&'a str>,
    /// [`DENIED`].
    pub denied: Option<&'a str>,
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
        let opened = self.ports.sealer.open(&purpose(name), cookie).await?;
        Ok(opened.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default())
    }

    async fn seal_list<T: Serialize>(&self, name: &str, list: &[T]) -> Result<String, Unavailable> {
        let json =
            serde_json::to_vec(list).map_err(|error| Unavailable { what: "cookie", reason: error.to_string() })?;
        self.ports.sealer.seal(&purpose(name), &json).await
    }
}

fn purpose(name: &str) -> String {
    format!("cookie:{name}")
}
