//! A sign-in that only an administrator can make possible.

use authorization_server::endpoints::blocked_sign_in::{BlockedPage, SignInBlock};
use http::StatusCode;

use super::{
    error::{ErrorPage, error},
    texts::Texts,
};
use crate::http::{app::App, reply::Response};

impl ErrorPage {
    /// Says what is blocked, and who can change it.
    pub(in crate::http) fn blocked(texts: &Texts, block: SignInBlock) -> Self {
        let text = match block {
            SignInBlock::Policy => texts.organisation_policy(),
            SignInBlock::Assignment => texts.organisation_assignment(),
            SignInBlock::Consent => texts.organisation_consent(),
        };
        Self::plain(StatusCode::FORBIDDEN, texts.organisation_title(), text)
    }
}

/// The page, with a link that tells the client.
pub(in crate::http) fn blocked(app: &App, texts: &Texts, page: &BlockedPage) -> Response {
    let return_to = Some((page.host.clone(), page.return_to.clone()));
    error(app, texts, &ErrorPage { return_to, ..ErrorPage::blocked(texts, page.block) })
}
