//! Sign-in pages that are open in a browser.

use std::collections::HashMap;

use super::AuthorizeRequest;

/// A page may stay open this long.
const LIFETIME: i64 = 3600;

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
