//! `GET /oauth-callback`: Entra's answer, which the browser brings.

use std::sync::Arc;

use authorization_server::{
    endpoints::callback::{Callback, CallbackError},
    ground::EventName,
};
use http::StatusCode;
use oauth_protocol::callback_response::CallbackResponse;

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
    let response = incoming.query().ok().and_then(|query| CallbackResponse::parse(&query).ok());
    let Some(response) = response else { return refusal(&app, &CallbackError::UnknownState) };
    let cookies = cookies::sent(&incoming.headers);
    let count = || app.limits.take(RateLimit::Callback, incoming.from);
    let callback = Callback { response: &response, cookies: &cookies, count: &count };
    match app.server.callback(&callback).await {
        Ok(answer) => browser::encode(&app, &incoming.method, &answer),
        Err(error) => refusal(&app, &error),
    }
}

fn refusal(app: &App, error: &CallbackError) -> Response {
    let page = match error {
        CallbackError::Connections(error) => return connections::not_signed_in(app, error),
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
        CallbackError::AlreadyCompleted => ErrorPage::already_completed(),
        CallbackError::Unavailable(_) => ErrorPage::unavailable(),
    };
    app.refused(EventName::CallbackRefused.event(), error.reason(), error);
    pages::error(app, &page)
}
