//! Pages that send the browser on without a click. They are pages and not redirects because Chrome applies `form-action`
//! to every redirect that follows the submission of a form.

use askama::Template;
use http::StatusCode;

use super::render::render;
use crate::http::{app::App, reply::Response};

#[derive(Template)]
#[template(path = "forwarding.html", config = "src/http/pages/askama.toml")]
struct Forwarding<'a> {
    server: &'a str,
    title: &'static str,
    url: &'a str,
}

/// Sends the browser to Entra.
pub(in crate::http) fn signing_in(app: &App, url: &str) -> Response {
    render(StatusCode::OK, &Forwarding { server: &app.server_name, title: "Continue to Microsoft to sign in", url })
}

/// Sends the browser back to the client.
pub(in crate::http) fn returning(app: &App, url: &str) -> Response {
    render(StatusCode::OK, &Forwarding { server: &app.server_name, title: "Back to the application", url })
}
