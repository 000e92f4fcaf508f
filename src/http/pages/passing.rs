//! Pages that go on by themselves. Pages, not redirects: Chrome holds `form-action` against every step of a redirect that
//! a form leads to.

use askama::Template;
use http::StatusCode;

use super::render;
use crate::http::{App, reply::Response};

#[derive(Template)]
#[template(path = "passing.html", config = "src/http/pages/askama.toml")]
struct Passing<'a> {
    server: &'a str,
    title: &'static str,
    url: &'a str,
}

/// To Entra.
pub(in crate::http) fn signing_in(app: &App, url: &str) -> Response {
    render(StatusCode::OK, &Passing { server: &app.server_name, title: "Continue to Microsoft to sign in", url })
}

/// Back to the client.
pub(in crate::http) fn returning(app: &App, url: &str) -> Response {
    render(StatusCode::OK, &Passing { server: &app.server_name, title: "Back to the application", url })
}
