//! A sign-in that Entra did not complete: the client is told, or the person.

use oauth_protocol::authorization_response::{AuthorizationErrorCode, error_response};

use super::{
    answer::{Answer, Next},
    blocked_sign_in::BlockedPage,
    callback_error::CallbackError,
    issue::back_to_client,
    pages::Page,
    upstream_code::NotRedeemed,
};
use crate::{
    ground::{EventName, Stored, Unavailable},
    server::AuthorizationServer,
    state::authorization::{Authorization, Exchanging, Failed, Stage},
};

impl AuthorizationServer {
    /// The client is told: by a redirect, or by a link on the page that says who can change it.
    pub(crate) async fn not_signed_in(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: Exchanging,
        why: &NotRedeemed,
    ) -> Result<Answer, CallbackError> {
        let Some(block) = why.block() else { return self.failed(claimed, exchanging, why.client_error()).await };
        tracing::warn!(counted = true, error = %why, ?block, "sign-in blocked by the organisation");
        let host = exchanging.request.redirect_host().to_owned();
        let return_to = self.end_failed(claimed, exchanging, AuthorizationErrorCode::AccessDenied).await?;
        let page = Page::Blocked(BlockedPage { block, host, return_to });
        Ok(Answer::new(Next::Page(page)).completing(claimed.value.id))
    }

    /// The client is told by a redirect.
    pub(crate) async fn failed(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: Exchanging,
        code: AuthorizationErrorCode,
    ) -> Result<Answer, CallbackError> {
        let url = self.end_failed(claimed, exchanging, code).await?;
        Ok(back_to_client(url).completing(claimed.value.id))
    }

    /// A service failed after the callback has claimed the authorization: the client is told, or the person if that cannot be
    /// written either.
    pub(crate) async fn interrupted(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: Exchanging,
        error: Unavailable,
    ) -> Result<Answer, CallbackError> {
        let Ok(answer) = self.failed(claimed, exchanging, AuthorizationErrorCode::TemporarilyUnavailable).await else {
            return Err(CallbackError::Interrupted(error));
        };
        tracing::error!(counted = true, %error, "sign-in not completed: client gets temporarily_unavailable");
        Ok(answer)
    }

    /// Ends the authorization. Returns the client's redirect URI with the error.
    async fn end_failed(
        &self,
        claimed: &Stored<Authorization>,
        Exchanging { request, binding, .. }: Exchanging,
        code: AuthorizationErrorCode,
    ) -> Result<String, CallbackError> {
        let failed = Failed { reason: code.as_str().into(), states: binding.states() };
        self.step(claimed, Stage::Failed(failed)).await?.ok_or(CallbackError::AlreadyCompleted)?;
        let event = EventName::SignInFailed.event().authorization(claimed.value.id).client(request.client());
        self.report(event.because(code.as_str()));
        let description = "the sign-in did not complete";
        Ok(error_response(request.redirect(), code, description, request.state(), self.base()))
    }
}
