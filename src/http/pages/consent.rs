//! The pages that ask the owner: the whole question, the short one, the one after signing in, and what follows a denial.

use askama::Template;
use authorization_server::{
    endpoints::pages::{ConfirmationPage, ConsentPage, DeniedPage, ReviewPage},
    state::{client::Client, scopes, valid_request::ValidRequest},
};
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::{redirect_uri::RedirectKind, scope::Scope};
use secrecy::{ExposeSecret as _, SecretString};
use time::{format_description::BorrowedFormatItem, macros::format_description};

use super::{display_name::display_name, render::render};
use crate::http::{app::App, reply::Response};

/// A day, without a guess at the reader's time zone or habits.
pub(super) const DAY: &[BorrowedFormatItem<'_>] = format_description!("[day padding:none] [month repr:long] [year]");

/// Seconds until the page after a denial returns to a trusted target by itself. It can be undone later as well.
const RETURN_AFTER: u32 = 5;

/// The description of the client on every question.
struct Question<'a> {
    client: String,
    host: &'a str,
    redirect_uri: &'a str,
    kind: RedirectKind,
    /// The host of its metadata document.
    published_at: Option<&'a str>,
    sentences: Vec<&'static str>,
    /// Those that were allowed before.
    allowed_before: Vec<&'static str>,
}

impl<'a> Question<'a> {
    fn new(client: &'a Client, request: &'a ValidRequest) -> Self {
        Self {
            client: display_name(client.name.as_deref()),
            host: request.redirect_host(),
            redirect_uri: request.redirect_uri(),
            kind: request.redirect_kind(),
            published_at: client.document().map(|document| document.url.host()),
            sentences: sentences(request.scope()),
            allowed_before: Vec::new(),
        }
    }

    /// The same question, as one for more than was allowed before, if it is one.
    fn for_more_than(mut self, allowed_before: &Scope) -> Self {
        let before = sentences(allowed_before);
        let (kept, added): (Vec<_>, _) = self.sentences.iter().partition(|sentence| before.contains(sentence));
        if !added.is_empty() {
            (self.allowed_before, self.sentences) = (kept, added);
        }
        self
    }
}

fn sentences(scope: &Scope) -> Vec<&'static str> {
    scopes::permissions(scope).map(|permission| permission.sentence).collect()
}

#[derive(Template)]
#[template(path = "consent.html", config = "src/http/pages/askama.toml")]
struct Consent<'a> {
    server: &'a str,
    question: Question<'a>,
    allowed_on: Option<String>,
    sealed: &'a str,
    csrf: SecretString,
}

/// Asks, at length or shortly.
pub(in crate::http) fn consent(app: &App, page: &ConsentPage) -> Response {
    let consent = Consent {
        server: &app.server_name,
        question: Question::new(&page.client, &page.form.pending.request).for_more_than(&page.allowed_before),
        allowed_on: page.allowed_at.and_then(|at| at.format(DAY).ok()),
        sealed: page.form.sealed.as_str(),
        csrf: page.form.secrets.csrf.encode(),
    };
    render(StatusCode::OK, &consent)
}

#[derive(Template)]
#[template(path = "confirmation.html", config = "src/http/pages/askama.toml")]
struct Confirmation<'a> {
    server: &'a str,
    question: Question<'a>,
    name: String,
    id: String,
    csrf: SecretString,
}

/// Asks the owner who signed in.
pub(in crate::http) fn confirmation(app: &App, page: &ConfirmationPage) -> Response {
    let confirmation = Confirmation {
        server: &app.server_name,
        question: Question::new(&page.client, &page.request),
        name: display_name(Some(&page.name)),
        id: page.id.to_string(),
        csrf: page.csrf.encode(),
    };
    render(StatusCode::OK, &confirmation)
}

#[derive(Template)]
#[template(path = "review.html", config = "src/http/pages/askama.toml")]
struct Review<'a> {
    server: &'a str,
    question: Question<'a>,
    sealed: &'a str,
    csrf: SecretString,
}

/// Asks whether to ask.
pub(in crate::http) fn review(app: &App, page: &ReviewPage) -> Response {
    let review = Review {
        server: &app.server_name,
        question: Question::new(&page.client, &page.form.pending.request),
        sealed: page.form.sealed.as_str(),
        csrf: page.form.secrets.csrf.encode(),
    };
    render(StatusCode::OK, &review)
}

#[derive(Template)]
#[template(path = "denied.html", config = "src/http/pages/askama.toml")]
struct Denied<'a> {
    server: &'a str,
    host: &'a str,
    return_to: &'a str,
    returns_by_itself: bool,
    sealed: &'a str,
    csrf: SecretString,
}

/// Nothing was granted; the client is told by a link.
pub(in crate::http) fn denied(app: &App, denied: &DeniedPage) -> Response {
    let page = Denied {
        server: &app.server_name,
        host: &denied.host,
        return_to: &denied.return_to,
        returns_by_itself: denied.returns_by_itself,
        sealed: denied.form.sealed.as_str(),
        csrf: denied.form.secrets.csrf.encode(),
    };
    let mut response = render(StatusCode::OK, &page);
    let refresh = HeaderValue::from_str(&format!("{RETURN_AFTER}; url={}", denied.return_to));
    if let (true, Ok(refresh)) = (denied.returns_by_itself, refresh) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}
