//! `GET /oauth-callback`: Entra's answer, which the browser brings.

use std::sync::Arc;

use authorization_server::{
    endpoints::callback::{Callback, CallbackError},
    ground::EventName,
};
use http::StatusCode;
use oauth_protocol::{admin_consent::AdminConsentResponse, callback_response::CallbackResponse, form::Form};

use super::{
    app::App,
    browser, connections, cookies,
    cors::Cors,
    limits::RateLimit,
    pages::{self, ErrorPage},
    reply::Response,
    request::Incoming,
    too_many::{Place, Reached},
};

const PLACE: Place = Place { endpoint: "oauth-callback", cors: Cors::SameOrigin };
const CALLBACKS: Reached = Reached::by_address(RateLimit::Callback.name());

pub(super) async fn get(app: Arc<App>, incoming: Incoming) -> Response {
    let query = incoming.query().ok();
    if query.as_ref().is_some_and(|query| is_from_admin_consent(&app, query)) {
        return pages::error(&app, &after_admin_consent());
    }
    let response = query.and_then(|query| CallbackResponse::parse(&query).ok());
    let Some(response) = response else { return refusal(&app, &CallbackError::UnknownState) };
    let cookies = cookies::sent(&incoming.headers);
    let count = || app.limits.take(RateLimit::Callback, incoming.from);
    let callback = Callback { response: &response, cookies: &cookies, count: &count };
    match app.server.callback(&callback).await {
        Ok(answer) => browser::encode(&app, &incoming.method, &answer),
        Err(error) => refusal(&app, &error),
    }
}

/// Of our tenant. Nothing is read or written for it, so it counts against no limit.
fn is_from_admin_consent(app: &App, query: &Form) -> bool {
    AdminConsentResponse::parse(query)
        .is_some_and(|response| response.tenant.eq_ignore_ascii_case(&app.entra.tenant_id))
}

/// Anybody can make a link to this page, so it says nothing about what was consented.
fn after_admin_consent() -> ErrorPage {
    let text = [
        "Microsoft has sent you back here. If you gave your consent there, people in your organisation can connect now: ask them \
         to connect again from their application.",
        "This page cannot see whether consent was given. The Entra admin center shows it, under Enterprise applications, \
         Permissions.",
    ];
    let text = text.map(str::to_owned).to_vec();
    ErrorPage { status: StatusCode::OK, title: "Back from Microsoft".to_owned(), text, return_to: None }
}

fn refusal(app: &App, error: &CallbackError) -> Response {
    let page = match error {
        CallbackError::OwnPage(error) => return connections::not_signed_in(app, error),
        CallbackError::OverLimit(too_many) => return CALLBACKS.answer(app, PLACE, *too_many),
        CallbackError::UnknownState => ErrorPage::plain(
            StatusCode::FORBIDDEN,
            "This sign-in is unknown or too old",
            "Connect again from the application.",
        ),
        CallbackError::OtherBrowser => ErrorPage::plain(
            StatusCode::FORBIDDEN,
            "This sign-in began in another browser",
            "This server cancelled it, because only the browser that allowed it may complete it. If that was this browser, \
             allow cookies for this site and connect again from the application.",
        ),
        CallbackError::UnderWay => ErrorPage::plain(
            StatusCode::OK,
            "This sign-in was interrupted",
            "If the application does not continue in a few seconds, connect again from it.",
        ),
        CallbackError::StillRefused => ErrorPage::plain(
            StatusCode::FORBIDDEN,
            "Your organisation does not allow this yet",
            "You signed in again, and Microsoft Entra ID still does not let this application act for you. An administrator of \
             Microsoft Entra ID can change the policy that asks for more (Conditional Access). After that, connect again \
             from the application.",
        ),
        CallbackError::ClientBlocked => ErrorPage::client_blocked(),
        CallbackError::AlreadyCompleted => ErrorPage::already_completed(),
        CallbackError::Unavailable(_) => ErrorPage::unavailable(),
    };
    app.refused(EventName::CallbackRefused.event(), error.reason(), error);
    pages::error(app, &page)
}
