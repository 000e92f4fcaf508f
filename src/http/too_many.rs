//! 429: a limit was reached. It has the format of the endpoint's other errors, says when to come again, and no client sends
//! its user to the browser for it.

use authorization_server::ground::{EventName, Holder, Id, TooMany};
use http::StatusCode;

use super::{
    app::App,
    pages::{self, ErrorPage, PageText, Texts},
    reply::{Response, json_rpc_error, oauth_error, retry_after},
};

/// The endpoint that refuses, and the format of its errors.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) endpoint: &'static str,
    pub(super) format: ErrorFormat<'a>,
}

/// The format of an endpoint's errors.
#[derive(Clone, Copy)]
pub(super) enum ErrorFormat<'a> {
    /// With these texts.
    Page(&'a Texts),
    OAuth,
    JsonRpc,
}

/// Whose limit it is, if it is not one of addresses.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    /// An owner, whatever the client.
    Owner(Id),
    /// An owner with a client.
    Holder(Holder),
}

/// A limit that was reached.
pub(super) struct ReachedLimit {
    /// Its name in `MCP_LIMITS`.
    pub(super) limit: &'static str,
    /// The text for programs.
    pub(super) text: &'static str,
    /// The text on a page.
    pub(super) on_page: fn(&Texts) -> PageText,
    /// Whose limit it is; `None` for a limit of addresses.
    pub(super) of: Option<Whose>,
}

impl ReachedLimit {
    /// A limit of an address.
    pub(super) const fn by_address(limit: &'static str) -> Self {
        Self { limit, text: "too many requests from one address; try again later", on_page: Texts::too_many, of: None }
    }

    /// A limit of an owner, or of one client of an owner.
    pub(super) const fn by_owner(limit: &'static str, of: Holder) -> Self {
        Self::of(limit, Whose::Holder(of))
    }

    /// A limit of an owner on a page of their own.
    pub(super) const fn on_own_page(limit: &'static str, owner: Id) -> Self {
        Self::of(limit, Whose::Owner(owner))
    }

    const fn of(limit: &'static str, of: Whose) -> Self {
        let text = "too many requests of one user; try again later";
        Self { limit, text, on_page: Texts::too_many_of_yours, of: Some(of) }
    }

    /// The audit event alone.
    pub(super) fn report(&self, app: &App, endpoint: &'static str) {
        let event = EventName::LimitReached.event().at(endpoint).because(self.limit);
        app.audit.report(&match self.of {
            None => event,
            Some(Whose::Owner(owner)) => event.owner(owner),
            Some(Whose::Holder(of)) => event.holder(of),
        });
    }

    /// Reports it, and answers.
    pub(super) fn answer(&self, app: &App, place: Place<'_>, too_many: TooMany) -> Response {
        self.report(app, place.endpoint);
        self.reported(app, place.format, too_many)
    }

    /// The answer, for an event that is reported already.
    pub(super) fn reported(&self, app: &App, format: ErrorFormat<'_>, TooMany { wait }: TooMany) -> Response {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let response = match format {
            ErrorFormat::Page(texts) => {
                pages::error(app, texts, &ErrorPage::plain(status, texts.too_many_title(), (self.on_page)(texts)))
            }
            ErrorFormat::OAuth => oauth_error(status, "temporarily_unavailable", self.text),
            ErrorFormat::JsonRpc => json_rpc_error(status, self.text),
        };
        retry_after(response, wait)
    }
}
