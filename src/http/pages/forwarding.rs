//! Pages that send the browser on without a click. They are pages and not redirects because Chrome applies `form-action`
//! to every redirect that follows the submission of a form.

use askama::Template;
use http::StatusCode;

use super::{
    render::render,
    texts::{PageText, Texts},
};
use crate::http::{app::App, reply::Response};

#[derive(Template)]
#[template(path = "forwarding.html", config = "src/http/pages/askama.toml")]
struct Forwarding<'a> {
    texts: &'a Texts,
    server: &'a str,
    title: PageText,
    url: &'a str,
}

/// Sends the browser to Entra.
pub(in crate::http) fn signing_in(app: &App, texts: &Texts, url: &str) -> Response {
    let page = Forwarding { texts, server: &app.server_name, title: texts.forwarding_sign_in(), url };
    render(StatusCode::OK, texts, &page)
}

/// Sends the browser back to the client.
pub(in crate::http) fn returning(app: &App, texts: &Texts, url: &str) -> Response {
    let page = Forwarding { texts, server: &app.server_name, title: texts.forwarding_return(), url };
    render(StatusCode::OK, texts, &page)
}
