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
    head::Head,
    pages::{self, ErrorPage, Texts},
    reply::Response,
    request::Incoming,
};

/// The initiator of the request, as the browser tells it.
pub(super) fn initiator(app: &App, head: &Head) -> Initiator {
    let values = |name| head.headers.get_all(name).iter().map(http::HeaderValue::as_bytes);
    Initiator::parse(app.server.base(), values(header::ORIGIN), values(SEC_FETCH_SITE))
}

const SEC_FETCH_SITE: header::HeaderName = header::HeaderName::from_static("sec-fetch-site");

/// Encodes an answer to this request.
pub(super) fn encode(app: &App, incoming: &Incoming, answer: &Answer) -> Response {
    let mut response = next(app, incoming, &answer.next);
    cookies::change(&mut response, &answer.cookies);
    response
}

/// Encodes where the browser goes.
pub(super) fn next(app: &App, incoming: &Incoming, next: &Next) -> Response {
    let texts = Texts::preferred(&incoming.headers);
    match next {
        Next::Page(page) => encode_page(app, texts, page),
        Next::Redirect(to) => redirect(app, texts, &incoming.method, to),
        Next::Link(link) => encode_link(app, texts, link),
    }
}

fn encode_page(app: &App, texts: &Texts, page: &Page) -> Response {
    match page {
        Page::Consent(page) => pages::consent(app, texts, page),
        Page::Review(page) => pages::review(app, texts, page),
        Page::Denied(page) => pages::denied(app, texts, page),
        Page::Confirmation(page) => pages::confirmation(app, texts, page),
        Page::Blocked(page) => pages::blocked(app, texts, page),
        Page::Connections(page) => pages::connections(app, texts, page),
        Page::ConnectionsSignIn => pages::connections_sign_in(app, texts),
        Page::Operator(page) => pages::operator(app, texts, page),
        Page::OperatorSignIn => pages::operator_sign_in(app, texts),
    }
}

/// A form leads to another origin through a page, because Chrome applies `form-action` to every step of a redirect.
fn redirect(app: &App, texts: &Texts, method: &Method, to: &Redirect) -> Response {
    match to {
        Redirect::SignIn(url) if *method == Method::POST => pages::signing_in(app, texts, url),
        Redirect::Client(url) if *method == Method::POST => pages::returning(app, texts, url),
        Redirect::SignIn(url) | Redirect::Client(url) | Redirect::Own(url) => pages::redirect(url),
    }
}

fn encode_link(app: &App, texts: &Texts, link: &Link) -> Response {
    let page = ErrorPage {
        status: StatusCode::BAD_REQUEST,
        title: texts.invalid_title(),
        text: vec![texts.invalid()],
        detail: Some(format!("{}: {}.", link.reason.code().as_str(), link.reason.description())),
        return_to: Some((link.host.clone(), link.url.clone())),
    };
    pages::error(app, texts, &page)
}
