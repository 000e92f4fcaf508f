//! A sign-in that only an administrator can make possible.

use authorization_server::endpoints::blocked_sign_in::{BlockedPage, SignInBlock};
use http::StatusCode;

use super::error::{ErrorPage, error};
use crate::http::{app::App, reply::Response};

const TITLE: &str = "Your organisation blocks this sign-in";

impl ErrorPage {
    /// What is blocked, and who can change it.
    pub(in crate::http) fn blocked(block: SignInBlock) -> Self {
        let text = match block {
            SignInBlock::Policy => {
                "A Conditional Access policy does not let you sign in from this place, device or application. Signing in \
                 again does not help. Ask the administrator of your organisation, who can see the policy in the sign-in log."
            }
            SignInBlock::Assignment => {
                "Only users who are assigned to this application may sign in, and you are not. Signing in again does not \
                 help. Ask the administrator of your organisation to assign you."
            }
            SignInBlock::Consent => {
                "This application needs a permission that only an administrator can grant. Signing in again does not help. \
                 Ask the administrator of your organisation to consent to it."
            }
        };
        Self::plain(StatusCode::FORBIDDEN, TITLE, text)
    }
}

/// The page, with a link that tells the client.
pub(in crate::http) fn blocked(app: &App, page: &BlockedPage) -> Response {
    let return_to = Some((page.host.clone(), page.return_to.clone()));
    error(app, &ErrorPage { return_to, ..ErrorPage::blocked(page.block) })
}
