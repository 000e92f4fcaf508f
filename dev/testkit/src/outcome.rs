//! One kind of answer, if it is that: so that a test says which it expects, and fails on any other.

use authorization_server::{
    endpoints::{
        answer::{Answer, Next, Redirect},
        pages::{ConfirmationPage, ConnectionsPage, ConsentPage, DeniedPage, Page},
    },
    ground::Id,
    state::cookies::{CookieChange, CookieChanges, CookieName},
};
use secrecy::SecretString;

use crate::Allowed;

/// An authorization response on its way to the client.
pub struct ToClient {
    /// The client's redirect URI with the response.
    pub location: String,
    /// What happens to the cookies.
    pub cookies: CookieChanges,
}

/// The page that asks for consent.
#[must_use]
pub fn asked(answer: Answer) -> Option<ConsentPage> {
    match answer.next {
        Next::Page(Page::Consent(page)) => Some(page),
        _ => None,
    }
}

/// The page after a denial.
#[must_use]
pub fn denied(answer: Answer) -> Option<DeniedPage> {
    match answer.next {
        Next::Page(Page::Denied(page)) => Some(page),
        _ => None,
    }
}

/// The page that asks the owner who signed in.
#[must_use]
pub fn asked_to_confirm(answer: Answer) -> Option<ConfirmationPage> {
    match answer.next {
        Next::Page(Page::Confirmation(page)) => Some(page),
        _ => None,
    }
}

/// The page of an owner's connections.
#[must_use]
pub fn connections(answer: Answer) -> Option<ConnectionsPage> {
    match answer.next {
        Next::Page(Page::Connections(page)) => Some(page),
        _ => None,
    }
}

/// The way to Entra.
#[must_use]
pub fn allowed(answer: Answer) -> Option<Allowed> {
    let Next::Redirect(Redirect::SignIn(sign_in_url)) = answer.next else { return None };
    let (id, cookie) = answer.cookies.iter().find_map(|change| match change {
        CookieChange::Set { name: CookieName::EntraState(id), value } => Some((*id, value.clone())),
        _ => None,
    })?;
    Some(Allowed { id, sign_in_url, cookie })
}

/// The way back to the client.
#[must_use]
pub fn answered(answer: Answer) -> Option<ToClient> {
    match answer.next {
        Next::Redirect(Redirect::Client(location)) => Some(ToClient { location, cookies: answer.cookies }),
        _ => None,
    }
}

/// The transaction whose owner is asked, if the browser is sent to that page.
#[must_use]
pub fn sent_to_confirm(answer: &Answer) -> Option<Id> {
    let Next::Redirect(Redirect::Own(url)) = &answer.next else { return None };
    Id::parse(url.split_once("/consent?id=")?.1)
}

/// The value that the answer gives a cookie.
#[must_use]
pub fn cookie(changes: &CookieChanges, wanted: CookieName) -> Option<SecretString> {
    changes.iter().find_map(|change| match change {
        CookieChange::Set { name, value } if *name == wanted => Some(value.clone()),
        _ => None,
    })
}

/// The client's redirect URI with an error, whether the browser goes there by itself or by a link.
#[must_use]
pub fn back_to_client(next: &Next) -> Option<&str> {
    match next {
        Next::Redirect(Redirect::Client(url)) => Some(url),
        Next::Link(link) => Some(&link.url),
        Next::Page(_) | Next::Redirect(_) => None,
    }
}
