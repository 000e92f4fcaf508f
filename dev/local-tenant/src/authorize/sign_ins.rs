//! Sign-in pages that are open in a browser.

use std::collections::HashMap;

use crate::{clients::Client, scopes::Scopes, users::User};

/// A page may stay open this long.
const LIFETIME: i64 = 3600;

/// A request that may be shown to a user.
pub(crate) struct AuthorizeRequest {
    pub(crate) client: &'static Client,
    pub(crate) return_to: ReturnTo,
    pub(crate) scopes: Scopes,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: String,
    pub(crate) prompt: Prompt,
    pub(crate) login_hint: Option<String>,
    /// The user must bring the second factor.
    pub(crate) second_factor: bool,
    /// The user who is shown the page of the second factor.
    pub(crate) asked: Option<&'static User>,
}

/// The redirect URI; the response is in its query.
pub(crate) struct ReturnTo {
    /// A registered one.
    pub(crate) redirect_uri: String,
    /// Returned as it came.
    pub(crate) state: Option<String>,
}

/// `prompt`, as far as it has an effect here. Nobody stays signed in, so that a page is shown in all other cases.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// No page may be shown.
    None,
    /// The page is shown.
    Page,
}

/// Each page by its id.
#[derive(Default)]
pub(crate) struct SignIns(HashMap<String, Open>);

struct Open {
    request: AuthorizeRequest,
    until: i64,
}

impl SignIns {
    /// A page was shown with this id.
    pub(crate) fn put(&mut self, id: String, request: AuthorizeRequest, now: i64) {
        self.0.retain(|_, open| open.until > now);
        self.0.insert(id, Open { request, until: now + LIFETIME });
    }

    /// The request of a page, once.
    pub(crate) fn take(&mut self, id: &str, now: i64) -> Option<AuthorizeRequest> {
        self.0.remove(id).filter(|open| open.until > now).map(|open| open.request)
    }
}
