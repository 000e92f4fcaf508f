//! The page after a denial.

use oauth_protocol::{
    authorization_response::{AuthorizationErrorCode, error_response},
    redirect_uri::RedirectTarget,
};

use super::{automatic_redirect, consent_page::ConsentForm};
use crate::{
    ground::Unavailable,
    server::AuthorizationServer,
    state::{
        pending_consent::{Asks, SignInPrompt},
        valid_request::ValidRequest,
    },
};

/// What the page after a denial is made from.
pub struct Denied {
    /// Where the link leads.
    pub target: RedirectTarget,
    /// The link: the redirect URI with `access_denied`.
    pub return_to: String,
    /// Whether the page may follow the link by itself.
    pub automatic: bool,
    /// For “Undo”.
    pub form: ConsentForm,
}

impl AuthorizationServer {
    pub(crate) async fn denied_page(
        &self,
        request: ValidRequest,
        sign_in: SignInPrompt,
    ) -> Result<Denied, Unavailable> {
        let target = request.redirect().clone();
        let return_to = self.access_denied(&request);
        let automatic = automatic_redirect::is_allowed(&target);
        Ok(Denied { target, return_to, automatic, form: self.form(request, Asks::Undo, sign_in).await? })
    }

    /// The redirect URI with the owner's refusal.
    pub(crate) fn access_denied(&self, request: &ValidRequest) -> String {
        let text = "the resource owner denied the request";
        let state = request.state();
        error_response(request.redirect(), AuthorizationErrorCode::AccessDenied, text, state, self.base())
    }
}
