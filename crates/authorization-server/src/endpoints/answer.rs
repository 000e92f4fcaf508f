//! The answer of a use case to a browser. Everything in it is finished before the decision is written (ADR 13 says what encoding it
//! can still do).

use std::fmt;

use oauth_protocol::secret::Secret;

use super::{
    pages::{ConsentForm, ConsentPage, DeniedPage, Page, ReviewPage},
    request_refusal::RequestRefusal,
};
use crate::{
    ground::Id,
    state::cookies::{CookieChanges, CookieName, Cookies},
};

/// An answer to a browser.
pub struct Answer {
    /// Where the browser goes next.
    pub next: Next,
    /// The cookies to set and to remove.
    pub cookies: CookieChanges,
}

/// Where the browser goes next.
#[expect(clippy::large_enum_variant, reason = "one answer is made for a request, and it is moved a few times")]
pub enum Next {
    /// A page of this server.
    Page(Page),
    /// Another address, without a click.
    Redirect(Redirect),
    /// A page with a link: the address has proved nothing, so only the person may go there.
    Link(Link),
}

/// An address to which the browser goes without a click.
pub enum Redirect {
    /// Entra's authorization endpoint, with our request.
    SignIn(String),
    /// The client's redirect URI, with the authorization response.
    Client(String),
    /// A URL of this server.
    Own(String),
}

/// A link back to the client, which refuses its request.
pub struct Link {
    /// The host of the redirect URI.
    pub host: String,
    /// The redirect URI with the error.
    pub url: String,
    /// Why the request is refused.
    pub reason: RequestRefusal,
}

/// Shows the kind only: an address may carry a code.
impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page(_) => "Page",
            Self::Redirect(_) => "Redirect",
            Self::Link(_) => "Link",
        })
    }
}

impl Answer {
    /// An answer that leaves the cookies as they are.
    pub(crate) fn new(next: Next) -> Self {
        Self { next, cookies: CookieChanges::default() }
    }

    /// A page that asks for consent, with the cookies of its form.
    pub(crate) fn consent(sent: &Cookies, page: ConsentPage) -> Self {
        let cookies = form_cookies(sent, &page.form);
        Self { next: Next::Page(Page::Consent(page)), cookies }
    }

    /// A page that asks whether to ask, with the cookies of its form.
    pub(crate) fn review(sent: &Cookies, page: ReviewPage) -> Self {
        let cookies = form_cookies(sent, &page.form);
        Self { next: Next::Page(Page::Review(page)), cookies }
    }

    /// The page after a denial, with the cookies of its form.
    pub(crate) fn denied(sent: &Cookies, page: DeniedPage) -> Self {
        let cookies = form_cookies(sent, &page.form);
        Self { next: Next::Page(Page::Denied(page)), cookies }
    }

    /// The same answer, which sets one more cookie.
    pub(crate) fn setting(mut self, sent: &Cookies, name: CookieName, value: &Secret) -> Self {
        self.cookies.set(sent, name, value.encode());
        self
    }

    /// The same answer, which deletes a cookie.
    pub(crate) fn deleting(mut self, name: CookieName) -> Self {
        self.cookies.delete(name);
        self
    }

    /// The same answer to the callback of a transaction: its forms have been answered, so their cookies are deleted.
    pub(crate) fn after_forms(self, id: Id) -> Self {
        self.deleting(CookieName::ConsentState(id)).deleting(CookieName::CsrfToken(id))
    }

    /// The same answer at the end of a transaction: the browser needs none of its cookies any more.
    pub(crate) fn completing(self, id: Id) -> Self {
        self.deleting(CookieName::EntraState(id)).after_forms(id)
    }

    /// The same answer, with further changes of cookies.
    pub(crate) fn with(mut self, cookies: CookieChanges) -> Self {
        self.cookies.append(cookies);
        self
    }
}

fn form_cookies(sent: &Cookies, form: &ConsentForm) -> CookieChanges {
    let mut cookies = CookieChanges::default();
    cookies.set(sent, CookieName::ConsentState(form.pending.id), form.secrets.binding.encode());
    cookies.set(sent, CookieName::CsrfToken(form.pending.id), form.secrets.csrf.encode());
    cookies
}
