//! `GET /authorize` (RFC 6749 §4.1.1).

use std::sync::Arc;

use authorization_server::{
    endpoints::{authorize::AuthorizeError, request_refusal::AtServer, visitor::Visitor},
    ground::EventName,
};
use http::StatusCode;
use oauth_protocol::addressed_request::{AddressMissing, AddressedRequest};

use super::{
    app::App,
    browser, cookies,
    cors::Cors,
    pages::{self, ErrorPage},
    reply::Response,
    request::Incoming,
    too_many::{Place, Reached},
};

const PLACE: Place = Place { endpoint: "authorize", cors: Cors::SameOrigin };
const DOCUMENTS: Reached = Reached {
    limit: "metadata-documents",
    text: "too many applications were looked up; try again in a minute",
    of: None,
};

pub(super) async fn get(app: Arc<App>, incoming: Incoming) -> Response {
    let Ok(query) = incoming.query() else {
        let reason = "the query is not well formed";
        app.audit.report(&EventName::AuthorizationRefused.event().because(reason));
        return pages::error(&app, &malformed(reason));
    };
    let request = match AddressedRequest::parse(query) {
        Ok(request) => request,
        Err(AddressMissing(name)) => return refusal(&app, &incoming, &AtServer::BadParameter(name).into()),
    };
    let (cookies, initiator) = (cookies::sent(&incoming.headers), browser::initiator(&app, &incoming));
    match app.server.authorize(&request, &Visitor { cookies: &cookies, initiator, from: incoming.from }).await {
        Ok(answer) => browser::encode(&app, &incoming.method, &answer),
        Err(error) => refusal(&app, &incoming, &error),
    }
}

fn refusal(app: &App, incoming: &Incoming, error: &AuthorizeError) -> Response {
    // The limit has an event of its own.
    if !matches!(error, AuthorizeError::TooManyDocuments(_)) {
        app.refused(EventName::AuthorizationRefused.event(), error.reason(), error);
    }
    match error {
        AuthorizeError::AtServer(AtServer::UnknownClient) => pages::error(app, &unknown_client()),
        AuthorizeError::AtServer(AtServer::RedirectMismatch) => {
            pages::error(app, &malformed("the redirect URI is not one that the application registered"))
        }
        AuthorizeError::AtServer(AtServer::BadParameter(name)) => {
            pages::error(app, &malformed(&format!("the parameter {name} is missing or given more than once")))
        }
        AuthorizeError::AtServer(AtServer::ClientIdUrl(reason) | AtServer::Document(reason)) => {
            pages::error(app, &malformed(&format!("the description that it publishes is not valid ({reason})")))
        }
        AuthorizeError::AtServer(AtServer::DocumentHost) => pages::error(app, &host_refused()),
        AuthorizeError::AtServer(AtServer::Blocked) => pages::error(app, &ErrorPage::client_blocked()),
        AuthorizeError::AtServer(AtServer::DocumentNotFetched) => pages::error(app, &not_fetched()),
        AuthorizeError::ToClient { next, .. } => browser::next(app, &incoming.method, next),
        AuthorizeError::TooManyDocuments(too_many) => DOCUMENTS.answer(app, PLACE, *too_many),
        AuthorizeError::Unavailable(_) => pages::error(app, &ErrorPage::unavailable()),
    }
}

fn host_refused() -> ErrorPage {
    let text =
        "It describes itself on a site that the operator of this server does not allow. Ask the operator to allow it.";
    ErrorPage::plain(StatusCode::FORBIDDEN, "This application may not be used here", text)
}

/// It does not say why: whoever made the link could explore networks with the reasons.
fn not_fetched() -> ErrorPage {
    let text = "This server could not read the description that the application publishes. Try to connect again in a minute. \
                If that does not help, tell the makers of the application.";
    ErrorPage::plain(StatusCode::BAD_REQUEST, "This application could not be looked up", text)
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
