//! Answers to browsers, from the finished values of the rules.

use authorization_server::endpoints::{
    answer::{Answer, Link, Next, Redirect},
    pages::Page,
};
use http::{Method, StatusCode, header};
use oauth_protocol::initiator::Initiator;

use super::{
    app::App,
    cookies,
    pages::{self, ErrorPage},
    reply::Response,
    request::Incoming,
};

/// The initiator of the request, as the browser tells it.
pub(super) fn initiator(app: &App, incoming: &Incoming) -> Initiator {
    let values = |name| incoming.headers.get_all(name).iter().map(http::HeaderValue::as_bytes);
    Initiator::parse(app.server.base(), values(header::ORIGIN), values(SEC_FETCH_SITE))
}

const SEC_FETCH_SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");

/// Encodes an answer to a request of this method.
pub(super) fn encode(app: &App, method: &Method, answer: &Answer) -> Response {
    let mut response = next(app, method, &answer.next);
    cookies::change(&mut response, &answer.cookies);
    response
}

/// Encodes where the browser goes.
pub(super) fn next(app: &App, method: &Method, next: &Next) -> Response {
    match next {
        Next::Page(page) => encode_page(app, page),
        Next::Redirect(to) => redirect(app, method, to),
        Next::Link(link) => encode_link(app, link),
    }
}

fn encode_page(app: &App, page: &Page) -> Response {
    match page {
        Page::Consent(page) => pages::consent(app, page),
        Page::Review(page) => pages::review(app, page),
        Page::Denied(page) => pages::denied(app, page),
        Page::Confirmation(page) => pages::confirmation(app, page),
        Page::Blocked(page) => pages::blocked(app, page),
        Page::Connections(page) => pages::connections(app, page),
        Page::ConnectionsSignIn => pages::connections_sign_in(app),
        Page::Operator(page) => pages::operator(app, page),
        Page::OperatorSignIn => pages::operator_sign_in(app),
    }
}

/// A form leads to another origin through a page, because Chrome applies `form-action` to every step of a redirect.
fn redirect(app: &App, method: &Method, to: &Redirect) -> Response {
    match to {
        Redirect::SignIn(url) if *method == Method::POST => pages::signing_in(app, url),
        Redirect::Client(url) if *method == Method::POST => pages::returning(app, url),
        Redirect::SignIn(url) | Redirect::Client(url) | Redirect::Own(url) => pages::redirect(url),
    }
}

fn encode_link(app: &App, link: &Link) -> Response {
    let page = ErrorPage {
        status: StatusCode::BAD_REQUEST,
        title: "The application's request is not valid".into(),
        text: vec![format!("{}: {}.", link.reason.code().as_str(), link.reason.description())],
        return_to: Some((link.host.clone(), link.url.clone())),
    };
    pages::error(app, &page)
}
