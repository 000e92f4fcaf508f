//! Error pages: the problem, and what to do.

use askama::Template;
use http::StatusCode;

use super::{
    render::render,
    texts::{PageText, Texts},
};
use crate::http::{
    app::App,
    reply::{Response, retry_later},
};

/// The content of an error page.
pub(in crate::http) struct ErrorPage {
    pub(in crate::http) status: StatusCode,
    pub(in crate::http) title: PageText,
    pub(in crate::http) text: Vec<PageText>,
    /// The description of the error in the protocol, which is English.
    pub(in crate::http) detail: Option<String>,
    /// A host, and the link that carries the answer there.
    pub(in crate::http) return_to: Option<(String, String)>,
}

impl ErrorPage {
    /// Paragraphs and no link.
    pub(in crate::http) fn new(status: StatusCode, title: PageText, text: Vec<PageText>) -> Self {
        Self { status, title, text, detail: None, return_to: None }
    }

    /// One paragraph and no link.
    pub(in crate::http) fn plain(status: StatusCode, title: PageText, text: PageText) -> Self {
        Self::new(status, title, vec![text])
    }

    /// The browser has no cookie of the page, and what to do once it keeps cookies.
    pub(in crate::http) fn cookie_missing(texts: &Texts, again: PageText) -> Self {
        Self::new(StatusCode::FORBIDDEN, texts.cookie_title(), vec![texts.cookie(), again])
    }

    /// The person comes back to a page whose sign-in has gone on.
    pub(in crate::http) fn already_completed(texts: &Texts) -> Self {
        Self::plain(StatusCode::OK, texts.completed_title(), texts.completed())
    }

    /// The operator has blocked the application.
    pub(in crate::http) fn client_blocked(texts: &Texts) -> Self {
        Self::plain(StatusCode::FORBIDDEN, texts.not_allowed_title(), texts.not_allowed_blocked())
    }

    /// Too many pages of one kind are made at once.
    pub(in crate::http) fn busy(texts: &Texts) -> Self {
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, texts.busy_title(), texts.busy())
    }

    /// A dependency does not answer.
    pub(in crate::http) fn unavailable(texts: &Texts) -> Self {
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, texts.unavailable_title(), texts.unavailable())
    }
}

#[derive(Template)]
#[template(path = "error.html", config = "src/http/pages/askama.toml")]
struct Failure<'a> {
    texts: &'a Texts,
    server: &'a str,
    page: &'a ErrorPage,
}

pub(in crate::http) fn error(app: &App, texts: &Texts, page: &ErrorPage) -> Response {
    let response = render(page.status, texts, &Failure { texts, server: &app.server_name, page });
    if page.status == StatusCode::SERVICE_UNAVAILABLE { retry_later(response) } else { response }
}
