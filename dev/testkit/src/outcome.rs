//! One kind of outcome, if it is that: so that a test says which it expects, and fails on any other.

use authorization_server::endpoints::{
    authorize::Authorized, callback::Completed, confirmation::Confirmed, consent::Decided, consent_page::ConsentPage,
    denied::Denied, issue::Answer,
};

use crate::Allowed;

/// The page that asks.
#[must_use]
pub fn asked(authorized: Authorized) -> Option<ConsentPage> {
    match authorized {
        Authorized::Ask(page) => Some(page),
        Authorized::Denied(_) | Authorized::SignIn(_) => None,
    }
}

/// The way to Entra without a click.
#[must_use]
pub fn passed(authorized: Authorized) -> Option<Allowed> {
    match authorized {
        Authorized::SignIn(sign_in) => Some(sign_in.into()),
        Authorized::Ask(_) | Authorized::Denied(_) => None,
    }
}

/// The page about a denial that is remembered.
#[must_use]
pub fn still_denied(authorized: Authorized) -> Option<Denied> {
    match authorized {
        Authorized::Denied(denied) => Some(denied),
        Authorized::Ask(_) | Authorized::SignIn(_) => None,
    }
}

/// The way to Entra after a click.
#[must_use]
pub fn allowed(decided: Decided) -> Option<Allowed> {
    match decided {
        Decided::Allowed(sign_in) => Some(sign_in.into()),
        Decided::Denied(..) | Decided::Undone(..) => None,
    }
}

/// The page after a denial.
#[must_use]
pub fn denied(decided: Decided) -> Option<Denied> {
    match decided {
        Decided::Denied(denied, _) => Some(denied),
        Decided::Allowed(_) | Decided::Undone(..) => None,
    }
}

/// The answer to the client.
#[must_use]
pub fn answered(completed: Completed) -> Option<Answer> {
    match completed {
        Completed::Redirect(answer) => Some(answer),
        Completed::Confirm(_) => None,
    }
}

/// The answer to the client, after the owner was asked.
#[must_use]
pub fn confirmed(confirmed: Confirmed) -> Option<Answer> {
    match confirmed {
        Confirmed::Redirect(answer) => Some(answer),
        Confirmed::SwitchAccount(_) => None,
    }
}

/// The way to Entra for another account.
#[must_use]
pub fn switched(confirmed: Confirmed) -> Option<Allowed> {
    match confirmed {
        Confirmed::SwitchAccount(sign_in) => Some(sign_in.into()),
        Confirmed::Redirect(_) => None,
    }
}
