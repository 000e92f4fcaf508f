//! The answer to a request whose body was not read to its end, in the format of the endpoint's other errors.

use authorization_server::ground::{EventName, Holder};
use http::StatusCode;

use super::{
    app::App,
    body::ReadError,
    endpoint::Endpoint,
    pages::{self, ErrorPage, PageText, Texts},
    reply::{Response, json_rpc_error, oauth_error, retry_later},
    too_many::ErrorFormat,
};

/// The name of the limit.
const OF_MEMORY: &str = "memory for requests";

struct Unread {
    status: StatusCode,
    /// For programs.
    text: &'static str,
    /// For people.
    on_page: fn(&Texts) -> PageText,
}

impl From<ReadError> for Unread {
    fn from(error: ReadError) -> Self {
        let (status, text, on_page): (_, _, fn(&Texts) -> PageText) = match error {
            ReadError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large", Texts::body_too_large),
            ReadError::TimedOut => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time", Texts::body_late),
            ReadError::BrokenOff => (StatusCode::BAD_REQUEST, "the body is incomplete", Texts::body_incomplete),
            ReadError::Exhausted | ReadError::NoPlace => {
                let text = "this server has too much to do; try again in a few seconds";
                (StatusCode::SERVICE_UNAVAILABLE, text, Texts::busy)
            }
        };
        Self { status, text, on_page }
    }
}

impl Endpoint {
    /// 503: there is not enough memory for the answer to a request that was served.
    pub(super) fn unsent(&self, app: &App, texts: &Texts, caller: Option<Holder>) -> Response {
        let text = "this server has too much to do to send its answer; the request may have been carried out";
        let unread = Unread { text, ..ReadError::Exhausted.into() };
        self.refused_by(app, texts, Some(OF_MEMORY), &unread, caller)
    }

    /// Answers it, and reports it as the caller's, if the caller is known.
    pub(super) fn unread(&self, app: &App, texts: &Texts, error: ReadError, caller: Option<Holder>) -> Response {
        let limit = match error {
            ReadError::Exhausted => Some(OF_MEMORY),
            ReadError::NoPlace => Some("bodies that are waited for"),
            ReadError::TooLarge | ReadError::TimedOut | ReadError::BrokenOff => None,
        };
        self.refused_by(app, texts, limit, &error.into(), caller)
    }

    fn refused_by(
        &self,
        app: &App,
        texts: &Texts,
        limit: Option<&'static str>,
        unread: &Unread,
        caller: Option<Holder>,
    ) -> Response {
        let event = match limit {
            Some(limit) => EventName::LimitReached.event().because(limit),
            None => EventName::RequestRefused.event().because(unread.text),
        };
        let event = event.at(self.route);
        app.audit.report(&caller.map_or(event, |caller| event.holder(caller)));
        let response = self.unread_error(app, texts, unread);
        if limit.is_some() { retry_later(response) } else { response }
    }

    fn unread_error(&self, app: &App, texts: &Texts, unread: &Unread) -> Response {
        let Unread { status, text, on_page } = *unread;
        let (code, title) = if status.is_server_error() {
            ("temporarily_unavailable", texts.busy_title())
        } else {
            ("invalid_request", texts.body_title())
        };
        match self.place(texts).format {
            ErrorFormat::Page(texts) => pages::error(app, texts, &ErrorPage::plain(status, title, on_page(texts))),
            ErrorFormat::OAuth => oauth_error(status, code, text),
            ErrorFormat::JsonRpc => json_rpc_error(status, text),
        }
    }
}
