//! The pages that ask the owner: the whole question, the short one, the one after signing in, and what follows a denial.

use askama::Template;
use authorization_server::{
    endpoints::pages::{ConfirmationPage, ConsentPage, DeniedPage, ReviewPage},
    state::{
        asking_client::AskingClient,
        scopes::{self, Permission},
        valid_request::ValidRequest,
    },
};
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::{redirect_uri::RedirectKind, scope::Scope};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    display_name::display_name,
    render::render,
    texts::{Sentence, Texts},
};
use crate::http::{app::App, reply::Response};

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
    sentences: Vec<Sentence>,
    /// The permissions that were allowed before.
    allowed_before: Vec<Sentence>,
}

impl<'a> Question<'a> {
    fn new(texts: &Texts, client: &'a AskingClient, request: &'a ValidRequest) -> Self {
        Self {
            client: display_name(texts, client.name.as_deref()),
            host: request.redirect_host(),
            redirect_uri: request.redirect_uri(),
            kind: request.redirect_kind(),
            published_at: client.published_at.as_deref(),
            sentences: sentences(texts, scopes::permissions(request.scope())),
            allowed_before: Vec::new(),
        }
    }

    /// The same question; if it is about more than was allowed before, it says so.
    fn for_more_than(mut self, texts: &Texts, scope: &Scope, before: &Scope) -> Self {
        let is_kept = |permission: &&'static Permission| before.contains(permission.name);
        let (kept, added): (Vec<_>, Vec<_>) = scopes::permissions(scope).partition(is_kept);
        if !added.is_empty() {
            (self.allowed_before, self.sentences) =
                (sentences(texts, kept.into_iter()), sentences(texts, added.into_iter()));
        }
        self
    }
}

fn sentences(texts: &Texts, permissions: impl Iterator<Item = &'static Permission>) -> Vec<Sentence> {
    permissions.map(|permission| texts.sentence(permission)).collect()
}

#[derive(Template)]
#[template(path = "consent.html", config = "src/http/pages/askama.toml")]
struct ConsentTemplate<'a> {
    texts: &'a Texts,
    server: &'a str,
    question: Question<'a>,
    allowed_on: Option<String>,
    sealed: &'a str,
    csrf: SecretString,
}

/// Asks, at length or shortly.
pub(in crate::http) fn consent(app: &App, texts: &Texts, page: &ConsentPage) -> Response {
    let request = &page.form.pending.request;
    let consent = ConsentTemplate {
        texts,
        server: &app.server_name,
        question: Question::new(texts, &page.client, request).for_more_than(
            texts,
            request.scope(),
            &page.allowed_before,
        ),
        allowed_on: page.allowed_at.map(|at| texts.day_of(at)),
        sealed: page.form.sealed.as_str(),
        csrf: page.form.secrets.csrf.encode(),
    };
    render(StatusCode::OK, texts, &consent)
}

#[derive(Template)]
#[template(path = "confirmation.html", config = "src/http/pages/askama.toml")]
struct Confirmation<'a> {
    texts: &'a Texts,
    server: &'a str,
    question: Question<'a>,
    name: String,
    id: String,
    csrf: SecretString,
}

/// Asks the owner who signed in.
pub(in crate::http) fn confirmation(app: &App, texts: &Texts, page: &ConfirmationPage) -> Response {
    let confirmation = Confirmation {
        texts,
        server: &app.server_name,
        question: Question::new(texts, &page.client, &page.request),
        name: display_name(texts, Some(&page.name)),
        id: page.id.to_string(),
        csrf: page.csrf.encode(),
    };
    render(StatusCode::OK, texts, &confirmation)
}

#[derive(Template)]
#[template(path = "review.html", config = "src/http/pages/askama.toml")]
struct Review<'a> {
    texts: &'a Texts,
    server: &'a str,
    question: Question<'a>,
    sealed: &'a str,
    csrf: SecretString,
}

/// Asks whether to ask.
pub(in crate::http) fn review(app: &App, texts: &Texts, page: &ReviewPage) -> Response {
    let review = Review {
        texts,
        server: &app.server_name,
        question: Question::new(texts, &page.client, &page.form.pending.request),
        sealed: page.form.sealed.as_str(),
        csrf: page.form.secrets.csrf.encode(),
    };
    render(StatusCode::OK, texts, &review)
}

#[derive(Template)]
#[template(path = "denied.html", config = "src/http/pages/askama.toml")]
struct Denied<'a> {
    texts: &'a Texts,
    server: &'a str,
    host: &'a str,
    return_to: &'a str,
    returns_by_itself: bool,
    sealed: &'a str,
    csrf: SecretString,
}

/// The page after a denial. Its link tells the client.
pub(in crate::http) fn denied(app: &App, texts: &Texts, denied: &DeniedPage) -> Response {
    let page = Denied {
        texts,
        server: &app.server_name,
        host: &denied.host,
        return_to: &denied.return_to,
        returns_by_itself: denied.returns_by_itself,
        sealed: denied.form.sealed.as_str(),
        csrf: denied.form.secrets.csrf.encode(),
    };
    let mut response = render(StatusCode::OK, texts, &page);
    let refresh = HeaderValue::from_str(&format!("{RETURN_AFTER}; url={}", denied.return_to));
    if let (true, Ok(refresh)) = (denied.returns_by_itself, refresh) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}
