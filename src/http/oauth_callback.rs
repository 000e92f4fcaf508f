//! `GET /oauth-callback`: Entra's answer comes back through the browser.

use std::sync::Arc;

use authorization_server::callback::{CallbackError, transaction};
use http::StatusCode;

use super::{
    App,
    cookies::{self, Cookies, Purpose},
    pages::{self, ErrorPage},
    reply::Response,
    request::Incoming,
};

pub(super) async fn get(app: Arc<App>, incoming: Incoming) -> Response {
    let Ok(query) = incoming.query() else { return pages::error(&app, &page(&CallbackError::UnknownState)) };
    let sent = Cookies::of(&incoming.headers);
    let cookie = transaction(&query).and_then(|id| sent.get(Purpose::EntraState, id));
    match app.server.complete(&query, cookie).await {
        Ok(completed) => {
            let mut response = pages::redirect(&completed.location);
            cookies::clear(&mut response, Purpose::EntraState, completed.id);
            response
        }
        Err(error) => {
            tracing::info!(%error, "callback refused");
            pages::error(&app, &page(&error))
        }
    }
}

fn page(error: &CallbackError) -> ErrorPage {
    match error {
        CallbackError::UnknownState => ErrorPage::plain(
            StatusCode::FORBIDDEN,
            "This sign-in is unknown or too old",
            "Connect again from the application.",
        ),
        CallbackError::OtherBrowser => ErrorPage::plain(
            StatusCode::FORBIDDEN,
            "This sign-in was begun in another browser",
            "It has been ended, because only the browser that allowed it may complete it. If that was this browser, \
             allow cookies for this site and connect again from the application.",
        ),
        CallbackError::AlreadyCompleted => ErrorPage::plain(
            StatusCode::OK,
            "This sign-in is already completed",
            "You can close this page and go back to the application.",
        ),
        CallbackError::Unavailable(_) => ErrorPage::unavailable(),
    }
}
