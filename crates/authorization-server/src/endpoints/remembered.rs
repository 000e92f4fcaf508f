//! The memory of a browser: opened from its cookies, compared with the owner documents, and sealed again.

use oauth_protocol::{redirect_uri::RedirectTarget, scope::Scope};

use crate::{
    ground::{Id, Sealable, Sealed, Unavailable},
    server::AuthorizationServer,
    state::{
        asking_client::AskingClient,
        cookies::{CookieChanges, CookieName, Cookies},
        memory::{Likeness, RememberedDecisions},
        owner::Approval,
        valid_request::ValidRequest,
    },
};

/// An approval that a browser remembers and that still stands.
pub(crate) struct RememberedApproval {
    /// The owner who gave it.
    pub(crate) owner: Id,
    /// The approval.
    pub(crate) approval: Approval,
}

impl AuthorizationServer {
    /// Opens the cookies.
    pub async fn recall(&self, sent: &Cookies) -> Result<RememberedDecisions, Unavailable> {
        Ok(RememberedDecisions {
            approved: self.open_cookie(sent, CookieName::ApprovedClients).await?.unwrap_or_default(),
            denied: self.open_cookie(sent, CookieName::DeniedClients).await?.unwrap_or_default(),
        })
    }

    /// The cookies that hold this memory. Without a denial the cookie of denials is deleted, if there is one.
    pub(crate) async fn memory_cookies(
        &self,
        memory: &RememberedDecisions,
        sent: &Cookies,
    ) -> Result<CookieChanges, Unavailable> {
        let mut cookies = CookieChanges::default();
        if memory.approvals() > 0 {
            let approved = self.seal(&memory.approved, ()).await?;
            cookies.set(sent, CookieName::ApprovedClients, approved.as_str().into());
        }
        if memory.denials(self.now()) > 0 {
            cookies.append(self.denied_cookie(memory, sent).await?);
        } else if sent.has(CookieName::DeniedClients) {
            cookies.delete(CookieName::DeniedClients);
        }
        Ok(cookies)
    }

    /// The cookie of denials.
    pub(crate) async fn denied_cookie(
        &self,
        memory: &RememberedDecisions,
        sent: &Cookies,
    ) -> Result<CookieChanges, Unavailable> {
        let denied = self.seal(&memory.denied, ()).await?;
        let mut cookies = CookieChanges::default();
        cookies.set(sent, CookieName::DeniedClients, denied.as_str().into());
        Ok(cookies)
    }

    /// The name and host by which another registration of the same application is recognised.
    pub(crate) async fn likeness(&self, request: &ValidRequest) -> Result<Likeness, Unavailable> {
        let client = self.client(request.client()).await?;
        let name = client.as_ref().and_then(|client| client.value.name.as_deref());
        Ok(Likeness::of(name, request.redirect()))
    }

    /// The newest approval that this browser remembers, that covers the request, and that still stands.
    pub(crate) async fn remembered(
        &self,
        memory: &RememberedDecisions,
        request: &ValidRequest,
    ) -> Result<Option<RememberedApproval>, Unavailable> {
        for remembered in memory.approved.0.iter().rev().filter(|remembered| remembered.client == request.client()) {
            let owner = self.owner(remembered.owner).await?;
            let approval = owner.and_then(|owner| owner.approval(remembered.approval, request, self.now()).cloned());
            if let Some(approval) = approval {
                return Ok(Some(RememberedApproval { owner: remembered.owner, approval }));
            }
        }
        Ok(None)
    }

    /// Whether this browser remembers an approval of this client and receiver that still stands, whatever its scope.
    pub(crate) async fn approved_target(
        &self,
        memory: &RememberedDecisions,
        client: &AskingClient,
        target: &RedirectTarget,
    ) -> Result<bool, Unavailable> {
        let approval = self.approval_of(memory, client.id, target).await?;
        Ok(approval.is_some_and(|approval| approval.metadata == client.metadata))
    }

    /// The part of the request's scope that this browser remembers as allowed to the same client and receiver.
    pub(crate) async fn allowed_before(
        &self,
        memory: &RememberedDecisions,
        request: &ValidRequest,
    ) -> Result<Scope, Unavailable> {
        let approval = self.approval_of(memory, request.client(), request.redirect()).await?;
        let approval = approval.filter(|approval| approval.metadata == request.metadata());
        let scope = approval.map(|approval| request.scope().filtered(|token| approval.scope.contains(token)));
        Ok(scope.unwrap_or_default())
    }

    /// The newest approval of this client and receiver that this browser remembers and that still stands.
    async fn approval_of(
        &self,
        memory: &RememberedDecisions,
        client: Id,
        target: &RedirectTarget,
    ) -> Result<Option<Approval>, Unavailable> {
        for remembered in memory.approved.0.iter().rev().filter(|remembered| remembered.client == client) {
            let approvals = self.owner(remembered.owner).await?.map(|owner| owner.approvals).unwrap_or_default();
            let stands = |approval: &Approval| {
                approval.id == remembered.approval
                    && approval.stands(self.now())
                    && approval.client == client
                    && approval.receiver.is_same(&target.receiver())
            };
            if let Some(approval) = approvals.into_iter().find(stands) {
                return Ok(Some(approval));
            }
        }
        Ok(None)
    }

    /// A cookie that this server did not seal counts as absent.
    pub(crate) async fn open_cookie<T: Sealable<BoundTo = ()>>(
        &self,
        sent: &Cookies,
        name: CookieName,
    ) -> Result<Option<T>, Unavailable> {
        for cookie in sent.all(name) {
            if let Some(opened) = self.open(&Sealed::from_text(cookie), ()).await? {
                return Ok(Some(opened));
            }
        }
        Ok(None)
    }
}
