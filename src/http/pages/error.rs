//! Error pages: the problem, and what to do.

use askama::Template;
use http::StatusCode;

use super::render::render;
use crate::http::{
    app::App,
    reply::{Response, retry_later},
};

/// The content of an error page.
pub(in crate::http) struct ErrorPage {
    pub(in crate::http) status: StatusCode,
    pub(in crate::http) title: String,
    pub(in crate::http) text: Vec<String>,
    /// A host, and the link that carries the answer there.
    pub(in crate::http) return_to: Option<(String, String)>,
}

impl ErrorPage {
    /// One paragraph and no link.
    pub(in crate::http) fn plain(status: StatusCode, title: &str, text: &str) -> Self {
        Self { status, title: title.to_owned(), text: vec![text.to_owned()], return_to: None }
    }

    /// The person comes back to a page whose sign-in has gone on.
    pub(in crate::http) fn already_completed() -> Self {
        let text = "You can close this page and go back to the application. If it still waits, connect again from it.";
        Self::plain(StatusCode::OK, "This sign-in is already completed", text)
    }

    /// The operator has blocked the application.
    pub(in crate::http) fn client_blocked() -> Self {
        let text = "The operator of this server has blocked it. Ask the operator if you need it.";
        Self::plain(StatusCode::FORBIDDEN, "This application may not be used here", text)
    }

    /// A dependency does not answer.
    pub(in crate::http) fn unavailable() -> Self {
        let text = "A service behind this server does not answer. Try again in a few seconds.";
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable", text)
    }
}

#[derive(Template)]
#[template(path = "error.html", config = "src/http/pages/askama.toml")]
struct Failure<'a> {
    server: &'a str,
    page: &'a ErrorPage,
}

pub(in crate::http) fn error(app: &App, page: &ErrorPage) -> Response {
    let response = render(page.status, &Failure { server: &app.server_name, page });
    if page.status == StatusCode::SERVICE_UNAVAILABLE { retry_later(response) } else { response }
}
