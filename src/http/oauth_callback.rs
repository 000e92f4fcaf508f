//! `GET /oauth-callback`: Entra's answer, which the browser brings.

use std::sync::Arc;

use authorization_server::{
    endpoints::callback::{Callback, CallbackCost, CallbackError},
    ground::EventName,
};
use http::StatusCode;
use oauth_protocol::{admin_consent::AdminConsentResponse, callback_response::CallbackResponse, form::Form};

use super::{
    app::App,
    browser, connections, cookies,
    limits::RateLimit,
    pages::{self, ErrorPage, Texts},
    reply::Response,
    request::Incoming,
    too_many::{ErrorFormat, Place, ReachedLimit},
};

/// Others than the caller have reached it.
const LIMIT_OF_ALL_ADDRESSES: ReachedLimit = ReachedLimit {
    limit: "callbacks of all addresses",
    text: "too many sign-ins; try again later",
    on_page: Texts::busy,
    of: None,
};

pub(super) async fn get(app: Arc<App>, incoming: Incoming) -> Response {
    let texts = Texts::preferred(&incoming.headers);
    let query = incoming.query().ok();
    if query.as_ref().is_some_and(|query| is_from_admin_consent(&app, query)) {
        return pages::error(&app, texts, &after_admin_consent(texts));
    }
    let response = query.and_then(|query| CallbackResponse::parse(&query).ok());
    let Some(response) = response else { return refusal(&app, texts, &CallbackError::UnknownState) };
    let cookies = cookies::sent(&incoming.headers);
    let count = |cost| app.limits.take(RateLimit::Callback(cost), incoming.from);
    let callback = Callback { response: &response, cookies: &cookies, count: &count };
    match app.server.callback(&callback).await {
        Ok(answer) => browser::encode(&app, &incoming, &answer),
        Err(error) => refusal(&app, texts, &error),
    }
}

/// Of our tenant. Nothing is read or written for it, so it counts against no limit.
fn is_from_admin_consent(app: &App, query: &Form) -> bool {
    AdminConsentResponse::parse(query)
        .is_some_and(|response| response.tenant.eq_ignore_ascii_case(&app.entra.tenant_id))
}

/// Anybody can make a link to this page, so it says nothing about what was consented.
fn after_admin_consent(texts: &Texts) -> ErrorPage {
    let text = vec![texts.admin_consent(), texts.admin_consent_unknown()];
    ErrorPage::new(StatusCode::OK, texts.admin_consent_title(), text)
}

fn reached(cost: CallbackCost) -> ReachedLimit {
    let name = RateLimit::Callback(cost).name();
    if cost == CallbackCost::AnyRedemption { LIMIT_OF_ALL_ADDRESSES } else { ReachedLimit::by_address(name) }
}

fn refusal(app: &App, texts: &Texts, error: &CallbackError) -> Response {
    let forbidden = |title, text| ErrorPage::plain(StatusCode::FORBIDDEN, title, text);
    let page = match error {
        CallbackError::OwnPage(error) => return connections::not_signed_in(app, texts, error),
        CallbackError::OverLimit(cost, too_many) => {
            let place = Place { endpoint: "oauth-callback", format: ErrorFormat::Page(texts) };
            return reached(*cost).answer(app, place, *too_many);
        }
        CallbackError::UnknownState => forbidden(texts.sign_in_unknown_title(), texts.connect_again()),
        CallbackError::OtherBrowser => forbidden(texts.other_browser_title(), texts.other_browser()),
        CallbackError::UnderWay => ErrorPage::plain(StatusCode::OK, texts.interrupted_title(), texts.interrupted()),
        CallbackError::Interrupted(_) => {
            ErrorPage::plain(StatusCode::SERVICE_UNAVAILABLE, texts.interrupted_title(), texts.interrupted())
        }
        CallbackError::StillRefused => forbidden(texts.still_refused_title(), texts.still_refused()),
        CallbackError::ClientBlocked => ErrorPage::client_blocked(texts),
        CallbackError::AlreadyCompleted => ErrorPage::already_completed(texts),
        CallbackError::Unavailable(_) => ErrorPage::unavailable(texts),
    };
    app.refused(EventName::CallbackRefused.event(), error.reason(), error);
    pages::error(app, texts, &page)
}
