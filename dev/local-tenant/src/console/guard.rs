//! The visitors that may use the console: this machine's own browser, at an address of this machine, from the console's own page.
//!
//! The tenant listens on loopback only. `Host` stops DNS rebinding, `Origin` and the token in each form stop pages of other
//! sites (RFC 9700 §4.7, and the product's rules for its own pages).

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{http::uri::Authority, middleware::Next};

use crate::sts::Sts;

/// Names of this machine.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Around the routes of the console.
pub(super) async fn admit(State(sts): State<Arc<Sts>>, request: Request, next: Next) -> Response {
    match refusal(&sts, request.method(), request.headers()) {
        None => next.run(request).await,
        Some(reason) => (StatusCode::FORBIDDEN, format!("{reason}\n")).into_response(),
    }
}

fn refusal(sts: &Sts, method: &Method, headers: &HeaderMap) -> Option<&'static str> {
    let Some(host) = single(headers, &header::HOST).filter(|host| is_loopback(host)) else {
        return Some("the Host header does not name this machine");
    };
    let scheme = if sts.base_url.starts_with("https:") { "https" } else { "http" };
    let is_own = |origin: &str| origin == format!("{scheme}://{host}");
    match headers.get(header::ORIGIN) {
        Some(_) if single(headers, &header::ORIGIN).is_some_and(is_own) => None,
        Some(_) => Some("another origin may not use the console"),
        // A browser sends it with every form; a program sends none, and has the control API.
        None if *method == Method::POST => Some("the Origin header is missing"),
        None => None,
    }
}

fn is_loopback(host: &str) -> bool {
    let authority = host.parse::<Authority>().ok().filter(|authority| !authority.as_str().contains('@'));
    authority.is_some_and(|authority| LOOPBACK.iter().any(|name| name.eq_ignore_ascii_case(authority.host())))
}

/// Whether a form was made by this run of the console.
pub(super) fn is_own_form(sts: &Sts, token: &str) -> bool {
    verify_slices_are_equal(token.as_bytes(), sts.console.form_token.as_bytes()).is_ok()
}

/// Whether a request has this header, once, and what it says.
fn single<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}
