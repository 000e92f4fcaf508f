//! The last step of an authorization: the client gets its code, and the owner's approval is remembered; or the client is
//! told of a denial, and the browser remembers that.

use oauth_protocol::{
    authorization_response::code_response,
    secret::{Handle, Secret},
};
use secrecy::ExposeSecret as _;
use time::OffsetDateTime;

use super::answer::{Answer, Next, Redirect};
use crate::{
    ground::{Id, Stored, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, CodeIssued, Stage},
        cookies::{CookieChanges, Cookies},
        valid_request::ValidRequest,
    },
};

/// Whether the browser remembers the approval that led to a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remember {
    /// The owner has just given it.
    Yes,
    /// It was remembered before.
    No,
}

impl AuthorizationServer {
    /// The client gets its code; `None` if another write came first.
    pub(crate) async fn issue(
        &self,
        from: &Stored<Authorization>,
        issued: CodeIssued,
        code: Secret,
        remember: Remember,
        sent: &Cookies,
    ) -> Result<Option<Answer>, Unavailable> {
        let id = from.value.id;
        let (request, owner) = (issued.request.clone(), issued.signed_in.subject.owner_key());
        if self.step(from, Stage::CodeIssued(issued)).await?.is_none() {
            return Ok(None);
        }
        let answer = self.back_with_code(id, &request, code);
        Ok(Some(match remember {
            Remember::Yes => answer.with(self.remember(owner, &request, from.value.decided_at, sent).await),
            Remember::No => answer,
        }))
    }

    /// The authorization response with this code.
    pub(crate) fn back_with_code(&self, id: Id, request: &ValidRequest, code: Secret) -> Answer {
        let code = Handle::new(id.to_string(), code).encode();
        back_to_client(code_response(request.redirect(), code.expose_secret(), request.state(), self.base()))
    }

    /// The authorization response that tells of the owner's denial, which the browser remembers.
    pub(crate) async fn back_with_denial(&self, request: &ValidRequest, sent: &Cookies) -> Result<Answer, Unavailable> {
        let likeness = self.likeness(request).await?;
        let memory = self.recall(sent).await?.with_denial(request.client(), likeness, self.now());
        let cookies = self.memory_cookies(&memory, sent).await?;
        Ok(back_to_client(self.access_denied(request)).with(cookies))
    }

    /// The code is issued: if this fails, the owner is asked again next time, and nothing else is lost.
    pub(crate) async fn remember(
        &self,
        owner: Id,
        request: &ValidRequest,
        decided_at: OffsetDateTime,
        sent: &Cookies,
    ) -> CookieChanges {
        self.try_to_remember(owner, request, decided_at, sent).await.unwrap_or_else(|error| {
            tracing::warn!(counted = true, %error, "approval not remembered");
            CookieChanges::default()
        })
    }

    async fn try_to_remember(
        &self,
        owner: Id,
        request: &ValidRequest,
        decided_at: OffsetDateTime,
        sent: &Cookies,
    ) -> Result<CookieChanges, Unavailable> {
        let Some(approval) = self.approve(owner, request, decided_at).await? else {
            return Ok(CookieChanges::default());
        };
        let client = request.client();
        // An approval ends an earlier denial, even one from another tab.
        let memory = self.recall(sent).await?.with_approval(owner, approval, client).without_denial(client);
        self.memory_cookies(&memory, sent).await
    }
}

/// The authorization response.
pub(crate) fn back_to_client(url: String) -> Answer {
    Answer::new(Next::Redirect(Redirect::Client(url)))
}
