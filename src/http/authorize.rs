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
    pages::{self, ErrorPage, PageText, Texts},
    register::WAITING_LIMIT,
    reply::Response,
    request::Incoming,
    too_many::{ErrorFormat, Place, ReachedLimit},
};

/// Documents and keys of clients.
pub(super) const DOCUMENT_LIMIT: ReachedLimit = ReachedLimit {
    limit: "metadata documents",
    text: "too many applications were looked up; try again in a minute",
    on_page: Texts::too_many_lookups,
    of: None,
};

pub(super) async fn get(app: Arc<App>, incoming: Incoming) -> Response {
    let Ok(query) = incoming.query() else {
        app.audit.report(&EventName::AuthorizationRefused.event().because("the query is not well formed"));
        let texts = Texts::preferred(&incoming.headers);
        return pages::error(&app, texts, &malformed(texts, texts.invalid_query()));
    };
    let request = match AddressedRequest::parse(query) {
        Ok(request) => request,
        Err(AddressMissing(name)) => return refusal(&app, &incoming, &AtServer::BadParameter(name).into()),
    };
    let (cookies, initiator) = (cookies::sent(&incoming.headers), browser::initiator(&app, &incoming));
    match app.server.authorize(&request, &Visitor { cookies: &cookies, initiator, from: incoming.from }).await {
        Ok(answer) => browser::encode(&app, &incoming, &answer),
        Err(error) => refusal(&app, &incoming, &error),
    }
}

fn refusal(app: &App, incoming: &Incoming, error: &AuthorizeError) -> Response {
    // The limit has an event of its own.
    if !matches!(error, AuthorizeError::TooManyDocuments(_) | AuthorizeError::TooManyWait(_)) {
        app.refused(EventName::AuthorizationRefused.event(), error.reason(), error);
    }
    let texts = Texts::preferred(&incoming.headers);
    let place = Place { endpoint: "authorize", format: ErrorFormat::Page(texts) };
    match error {
        AuthorizeError::AtServer(error) => pages::error(app, texts, &page(texts, *error)),
        AuthorizeError::ToClient { next, .. } => browser::next(app, incoming, next),
        AuthorizeError::TooManyDocuments(too_many) => DOCUMENT_LIMIT.answer(app, place, *too_many),
        AuthorizeError::TooManyWait(too_many) => WAITING_LIMIT.answer(app, place, *too_many),
        AuthorizeError::Unavailable(_) => pages::error(app, texts, &ErrorPage::unavailable(texts)),
    }
}

fn page(texts: &Texts, error: AtServer) -> ErrorPage {
    match error {
        AtServer::UnknownClient => unknown_client(texts),
        AtServer::RedirectMismatch => malformed(texts, texts.invalid_redirect()),
        AtServer::BadParameter(name) => malformed(texts, texts.invalid_parameter(name)),
        AtServer::ClientIdUrl(reason) | AtServer::Document(reason) => {
            let detail = Some(format!("{reason}."));
            ErrorPage { detail, ..malformed(texts, texts.invalid_document()) }
        }
        AtServer::DocumentHost => {
            ErrorPage::plain(StatusCode::FORBIDDEN, texts.not_allowed_title(), texts.not_allowed_host())
        }
        AtServer::Blocked => ErrorPage::client_blocked(texts),
        // The page gives no reason: the author of the link could explore networks by the reasons.
        AtServer::DocumentNotFetched => ErrorPage::plain(StatusCode::BAD_REQUEST, texts.lookup_title(), texts.lookup()),
    }
}

fn malformed(texts: &Texts, reason: PageText) -> ErrorPage {
    ErrorPage::new(StatusCode::BAD_REQUEST, texts.invalid_title(), vec![reason, texts.invalid_advice()])
}

fn unknown_client(texts: &Texts) -> ErrorPage {
    let advice = vec![
        texts.unknown(),
        texts.unknown_vscode(),
        texts.unknown_claude(),
        texts.unknown_chatgpt(),
        texts.unknown_inspector(),
        texts.unknown_gemini(),
        texts.unknown_copilot(),
        texts.unknown_mcp_remote(),
        texts.unknown_others(),
    ];
    ErrorPage::new(StatusCode::BAD_REQUEST, texts.unknown_title(), advice)
}
