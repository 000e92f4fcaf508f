//! The last step of an authorization: the client gets its code, and the owner's approval is remembered.

use oauth_protocol::{
    authorization_response::code_response,
    secret::{Handle, Secret},
};
use secrecy::ExposeSecret as _;
use time::OffsetDateTime;

use crate::{
    ground::{Id, Stored, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, CodeIssued, Stage},
        memory::Memory,
        valid_request::ValidRequest,
    },
};

/// An answer to the client.
pub struct Answer {
    /// Transaction id: its cookie goes.
    pub id: Id,
    /// The client's redirect URI with the answer.
    pub location: String,
    /// What the browser now remembers, if that changed.
    pub memory: Option<Memory>,
}

impl AuthorizationServer {
    /// The client gets its code, and a fresh approval is remembered from here on; `None` if another write came first.
    pub(crate) async fn issue(
        &self,
        from: &Stored<Authorization>,
        issued: CodeIssued,
        code: Secret,
        memory: Memory,
        fresh: bool,
    ) -> Result<Option<Answer>, Unavailable> {
        let id = from.value.id;
        let (request, owner) = (issued.request.clone(), issued.signed_in.subject.owner_key());
        if self.step(from, Stage::CodeIssued(issued)).await?.is_none() {
            return Ok(None);
        }
        let code = Handle::new(id.to_string(), code).encode();
        let location = code_response(request.redirect(), code.expose_secret(), request.state(), self.base());
        let memory = if fresh { self.remember(owner, &request, from.value.decided_at, memory).await } else { None };
        Ok(Some(Answer { id, location, memory }))
    }

    /// If this fails, the owner is asked again next time, and nothing else is lost.
    async fn remember(
        &self,
        owner: Id,
        request: &ValidRequest,
        decided_at: OffsetDateTime,
        memory: Memory,
    ) -> Option<Memory> {
        match self.approve(owner, request, decided_at).await {
            Ok(approval) => approval.map(|approval| {
                // Whoever allows takes an earlier denial back, even one from another tab.
                memory.with_approval(owner, approval, request.client()).without_denial(request.client())
            }),
            Err(error) => {
                tracing::warn!(%error, "approval not remembered");
                None
            }
        }
    }
}
