//! What a browser remembers, opened from its cookies and compared with the owner documents.

use oauth_protocol::redirect_uri::RedirectTarget;

use crate::{
    ground::{Id, Sealable, Sealed, Unavailable},
    server::AuthorizationServer,
    state::{
        memory::{Memory, Remembered},
        owner::Approval,
        valid_request::ValidRequest,
    },
};

/// The cookies as they came.
#[derive(Clone, Copy, Default)]
pub struct MemoryCookies<'a> {
    /// `__Host-MCP_APPROVED_CLIENTS`.
    pub approved: Option<&'a str>,
    /// `__Host-MCP_DENIED_CLIENTS`.
    pub denied: Option<&'a str>,
}

impl AuthorizationServer {
    /// Opens the cookies.
    pub async fn recall(&self, cookies: MemoryCookies<'_>) -> Result<Memory, Unavailable> {
        Ok(Memory {
            approved: self.open_cookie(cookies.approved).await?,
            denied: self.open_cookie(cookies.denied).await?,
        })
    }

    /// The value of `__Host-MCP_APPROVED_CLIENTS`.
    pub async fn seal_approved(&self, memory: &Memory) -> Result<String, Unavailable> {
        Ok(self.seal(&memory.approved, ()).await?.as_str().to_owned())
    }

    /// The value of `__Host-MCP_DENIED_CLIENTS`.
    pub async fn seal_denied(&self, memory: &Memory) -> Result<String, Unavailable> {
        Ok(self.seal(&memory.denied, ()).await?.as_str().to_owned())
    }

    /// The newest approval that this browser remembers, that covers the request, and that still stands.
    pub(crate) async fn remembered(
        &self,
        memory: &Memory,
        request: &ValidRequest,
    ) -> Result<Option<(Remembered, Approval)>, Unavailable> {
        for remembered in memory.approved.0.iter().rev().filter(|remembered| remembered.client == request.client()) {
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
        for remembered in memory.approved.0.iter().filter(|remembered| remembered.client == client) {
            let approvals = self.owner(remembered.owner).await?.map(|owner| owner.approvals).unwrap_or_default();
            let stands = |approval: &Approval| {
                approval.id == remembered.approval
                    && approval.stands(self.now())
                    && approval.client == client
                    && approval.receiver.is_same(&target.receiver())
            };
            if approvals.iter().any(stands) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A cookie that this server did not seal counts as absent.
    async fn open_cookie<T: Sealable<BoundTo = ()> + Default>(&self, cookie: Option<&str>) -> Result<T, Unavailable> {
        let Some(cookie) = cookie else { return Ok(T::default()) };
        Ok(self.open(&Sealed::<T>::from_text(cookie), ()).await?.unwrap_or_default())
    }
}
