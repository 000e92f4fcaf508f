//! 429: a limit was reached. It has the shape of the endpoint's other errors, says when to come again, and no client sends
//! its user to the browser for it.

use authorization_server::ground::{EventName, Holder, TooMany};
use http::StatusCode;

use super::{
    app::App,
    cors::Cors,
    pages::{self, ErrorPage},
    reply::{Response, json_rpc_error, oauth_error, retry_after},
};

/// The endpoint that refuses, and its rule for browsers, which also decides the shape of its errors.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) endpoint: &'static str,
    pub(super) cors: Cors,
}

/// A limit that was reached.
pub(super) struct Reached {
    /// Its name in `MCP_LIMITS`.
    pub(super) limit: &'static str,
    /// The text.
    pub(super) text: &'static str,
    /// Whose limit it is, if it is not of an address.
    pub(super) of: Option<Holder>,
}

impl Reached {
    /// A limit of an address.
    pub(super) const fn by_address(limit: &'static str) -> Self {
        Self { limit, text: "too many requests from one address; try again later", of: None }
    }

    /// A limit of an owner, or of one client of an owner.
    pub(super) const fn by_owner(limit: &'static str, of: Holder) -> Self {
        Self { limit, text: "too many requests of one user; try again later", of: Some(of) }
    }

    /// The answer there.
    pub(super) fn answer(&self, app: &App, Place { endpoint, cors }: Place, TooMany { wait }: TooMany) -> Response {
        let event = EventName::LimitReached.event().at(endpoint).because(self.limit);
        app.audit.report(&self.of.map_or(event, |of| event.holder(of)));
        let status = StatusCode::TOO_MANY_REQUESTS;
        let response = match cors {
            Cors::SameOrigin => {
                let text = format!("This server refused it: {}.", self.text);
                pages::error(app, &ErrorPage::plain(status, "Too many requests", &text))
            }
            Cors::AnyOrigin => oauth_error(status, "temporarily_unavailable", self.text),
            Cors::Resource => json_rpc_error(status, self.text),
        };
        retry_after(response, wait)
    }
}
