//! `GET /authorize` (RFC 6749 §4.1.1).

use std::sync::Arc;

use authorization_server::{
    endpoints::authorize::{AtServer, AuthorizeError, Authorized, RequestRefusal, Visit},
    endpoints::automatic_redirect,
    ground::Unavailable,
};
use http::StatusCode;
use oauth_protocol::{authorization_response::error_response, form::Form, redirect_uri::RedirectTarget};

use super::{
    app::App,
    cookies::{self, Cookies, Purpose},
    pages::{self, ErrorPage},
    reply::Response,
    request::Incoming,
};

pub(super) async fn get(app: Arc<App>, incoming: Incoming) -> Response {
    let Ok(query) = incoming.query() else {
        return pages::error(&app, &malformed("the query is not well formed"));
    };
    match authorized(&app, &incoming, &query).await {
        Ok(response) => response,
        Err(error) => {
            tracing::info!(%error, "authorization request refused");
            refusal(&app, &error)
        }
    }
}

async fn authorized(app: &App, incoming: &Incoming, query: &Form) -> Result<Response, AuthorizeError> {
    let sent = Cookies::of(&incoming.headers);
    let memory = app.server.recall(sent.memory()).await?;
    let direct = incoming.headers.get("sec-fetch-site").is_some_and(|site| site == "none" || site == "same-origin");
    let response = match app.server.authorize(&Visit { query, memory: &memory, direct }).await? {
        Authorized::Ask(page) => {
            let mut response = pages::consent(app, &page);
            cookies::set_form(&mut response, &sent, &page.form);
            response
        }
        Authorized::Denied(denied) => {
            let mut response = pages::denied(app, &denied);
            cookies::set_form(&mut response, &sent, &denied.form);
            response
        }
        Authorized::SignIn(sign_in) => {
            let mut response = pages::redirect(&sign_in.url);
            cookies::set(&mut response, &sent, (Purpose::EntraState, sign_in.id), &sign_in.browser);
            response
        }
    };
    Ok(response)
}

fn refusal(app: &App, error: &AuthorizeError) -> Response {
    match error {
        AuthorizeError::AtServer(AtServer::UnknownClient) => pages::error(app, &unknown_client()),
        AuthorizeError::AtServer(AtServer::RedirectMismatch) => {
            pages::error(app, &malformed("the redirect URI is not one that the application registered"))
        }
        AuthorizeError::AtServer(AtServer::BadParameter(name)) => {
            pages::error(app, &malformed(&format!("the parameter {name} is missing or given more than once")))
        }
        AuthorizeError::ToClient { target, state, approved, reason } => {
            let location =
                error_response(target, reason.code(), reason.description(), state.as_deref(), app.server.base());
            to_client(app, target, location, (*approved, reason))
        }
        AuthorizeError::Unavailable(Unavailable { .. }) => pages::error(app, &ErrorPage::unavailable()),
    }
}

/// Before anyone has signed in, only some targets get an automatic redirect (RFC 9700 §4.11.2); others get a link.
fn to_client(
    app: &App,
    target: &RedirectTarget,
    location: String,
    (approved, reason): (bool, &RequestRefusal),
) -> Response {
    if approved || automatic_redirect::is_allowed(target) {
        return pages::redirect(&location);
    }
    let page = ErrorPage {
        status: StatusCode::BAD_REQUEST,
        title: "The application's request is not valid".into(),
        text: vec![format!("{}: {}.", reason.code().as_str(), reason.description())],
        return_to: Some((target.host().to_owned(), location)),
    };
    pages::error(app, &page)
}

fn malformed(reason: &str) -> ErrorPage {
    ErrorPage {
        status: StatusCode::BAD_REQUEST,
        title: "The application's request is not valid".into(),
        text: vec![
            format!("This server refused it: {reason}."),
            "Close this page and try to connect again from the application.".into(),
        ],
        return_to: None,
    }
}

fn unknown_client() -> ErrorPage {
    ErrorPage {
        status: StatusCode::BAD_REQUEST,
        title: "This application is not registered here".into(),
        text: vec![
            "Its registration has expired, or is with another server. To register again:".into(),
            "VS Code: run “Authentication: Remove Dynamic Authentication Providers”, then start the server again."
                .into(),
            "Claude: remove the connector in Settings, Connectors, and add it again.".into(),
            "MCP Inspector: clear the OAuth state in the server's settings, then connect again.".into(),
            "Others: remove the server and add it again.".into(),
        ],
        return_to: None,
    }
}
