//! The pages that people see: plain HTML, no script, one stylesheet, both colour schemes.

mod clean;

use std::sync::LazyLock;

use askama::Template;
use authorization_server::{authorize::ConsentPage, scopes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::redirect_uri::RedirectKind;
use sha2::{Digest as _, Sha256};

use self::clean::display_name;
use super::{
    App,
    reply::{Response, answer, empty, retry_later},
};

const STYLE: &str = include_str!("style.css");

/// No script, no frame, no foreign form target; the one inline stylesheet by its hash.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).ok()
});

/// What an error page says.
pub(super) struct ErrorPage {
    pub status: StatusCode,
    pub title: String,
    pub text: Vec<String>,
    /// A host, and the link that carries the answer there.
    pub return_to: Option<(String, String)>,
}

impl ErrorPage {
    /// One paragraph and no link.
    pub(super) fn plain(status: StatusCode, title: &str, text: &str) -> Self {
        Self { status, title: title.to_owned(), text: vec![text.to_owned()], return_to: None }
    }

    /// A dependency does not answer.
    pub(super) fn unavailable() -> Self {
        let text = "A service behind this server does not answer. Try again in a few seconds.";
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable", text)
    }
}

#[derive(Template)]
#[template(path = "consent.html", config = "src/http/pages/askama.toml")]
struct Consent<'a> {
    style: &'static str,
    server: &'a str,
    client: &'a str,
    host: &'a str,
    redirect_uri: &'a str,
    kind: RedirectKind,
    sentences: Vec<&'static str>,
    sealed: &'a str,
    csrf: &'a str,
}

/// Asks the owner.
pub(super) fn consent(app: &App, page: &ConsentPage) -> Response {
    use secrecy::ExposeSecret as _;
    let request = &page.pending.request;
    render(
        StatusCode::OK,
        &Consent {
            style: STYLE,
            server: &app.server_name,
            client: &display_name(page.client.name.as_deref()),
            host: request.redirect.host(),
            redirect_uri: request.redirect.as_str(),
            kind: request.redirect.kind(),
            sentences: scopes::permissions(&request.scope).map(|permission| permission.sentence).collect(),
            sealed: &page.sealed,
            csrf: page.secrets.csrf.encode().expose_secret(),
        },
    )
}

#[derive(Template)]
#[template(path = "signing_in.html", config = "src/http/pages/askama.toml")]
struct SigningIn<'a> {
    style: &'static str,
    server: &'a str,
    url: &'a str,
}

/// Goes on to Entra by itself. A page, not a redirect: Chrome holds `form-action` against every step of a redirect.
pub(super) fn signing_in(app: &App, url: &str) -> Response {
    render(StatusCode::OK, &SigningIn { style: STYLE, server: &app.server_name, url })
}

#[derive(Template)]
#[template(path = "denied.html", config = "src/http/pages/askama.toml")]
struct Denied<'a> {
    style: &'static str,
    server: &'a str,
    host: &'a str,
    return_to: &'a str,
}

/// The owner said no; the client is told by a link.
pub(super) fn denied(app: &App, host: &str, return_to: &str) -> Response {
    render(StatusCode::OK, &Denied { style: STYLE, server: &app.server_name, host, return_to })
}

#[derive(Template)]
#[template(path = "error.html", config = "src/http/pages/askama.toml")]
struct Failure<'a> {
    style: &'static str,
    server: &'a str,
    page: &'a ErrorPage,
}

/// Says what is wrong.
pub(super) fn error(app: &App, page: &ErrorPage) -> Response {
    let response = render(page.status, &Failure { style: STYLE, server: &app.server_name, page });
    if page.status == StatusCode::SERVICE_UNAVAILABLE { retry_later(response) } else { response }
}

/// Back to the client.
pub(super) fn redirect(location: &str) -> Response {
    let mut response = empty(StatusCode::FOUND);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    protect(&mut response);
    response
}

fn render(status: StatusCode, page: &impl Template) -> Response {
    let mut response = match page.render() {
        Ok(html) => answer(status, "text/html; charset=utf-8", html),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    protect(&mut response);
    response
}

fn protect(response: &mut Response) {
    let headers = response.headers_mut();
    if let Some(policy) = POLICY.as_ref() {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // With no-referrer browsers would send `Origin: null` with the consent form.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
}
