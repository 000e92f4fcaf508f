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
    /// The changes of the browser's cookies.
    pub cookies: CookieChanges,
}

macro_rules! pages {
    ($($(#[doc = $meaning:literal])* $name:ident: $page:ident($type:ident);)*) => {
        $(
            $(#[doc = $meaning])*
            #[must_use]
            pub fn $name(answer: Answer) -> Option<$type> {
                if let Next::Page(Page::$page(page)) = answer.next { Some(page) } else { None }
            }
        )*
    };
}

pages! {
    /// The page that asks for consent.
    asked: Consent(ConsentPage);
    /// The page after a denial.
    denied: Denied(DeniedPage);
    /// The page that asks the owner who signed in.
    asked_to_confirm: Confirmation(ConfirmationPage);
    /// The page of an owner's connections.
    connections: Connections(ConnectionsPage);
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
