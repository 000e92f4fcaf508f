//! `GET /oauth-callback`: Entra's answer comes back through the browser, to an authorization or to `/connections`.

use std::sync::Arc;

use authorization_server::{
    endpoints::callback::{CallbackError, Completed, transaction},
    ground::Id,
};
use http::StatusCode;
use oauth_protocol::form::Form;

use super::{
    app::App,
    connections,
    cookies::{self, Cookies, Purpose},
    pages::{self, ErrorPage},
    reply::Response,
    request::Incoming,
};

pub(super) async fn get(app: Arc<App>, incoming: Incoming) -> Response {
    let answered = match incoming.query() {
        Ok(query) => complete(&app, &query, &Cookies::of(&incoming.headers)).await,
        Err(_) => Err(CallbackError::UnknownState),
    };
    answered.unwrap_or_else(|error| {
        tracing::info!(%error, "callback refused");
        match error {
            CallbackError::BeingAsked(id) => pages::redirect(&confirmation_url(&app, id)),
            error => pages::error(&app, &page(&error)),
        }
    })
}

async fn complete(app: &App, query: &Form, sent: &Cookies) -> Result<Response, CallbackError> {
    let Some(id) = transaction(query) else {
        return match app.server.connections_transaction(query).await? {
            Some(id) => Ok(connections::signed_in(app, query, (id, sent)).await),
            None => Err(CallbackError::UnknownState),
        };
    };
    let memory = app.server.recall(sent.memory()).await?;
    match app.server.complete(query, sent.get(Purpose::EntraState, id), memory).await? {
        Completed::Redirect(answer) => {
            let mut response = pages::redirect(&answer.location);
            cookies::clear(&mut response, Purpose::EntraState, answer.id);
            cookies::set_memory(&mut response, sent, &app.server, answer.memory.as_ref()).await?;
            Ok(response)
        }
        Completed::Confirm(id) => Ok(pages::redirect(&confirmation_url(app, id))),
    }
}

fn confirmation_url(app: &App, id: Id) -> String {
    app.server.base().join(&format!("/consent?id={id}"))
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
            "This sign-in began in another browser",
            "This server cancelled it, because only the browser that allowed it may complete it. If that was this browser, \
             allow cookies for this site and connect again from the application.",
        ),
        CallbackError::UnderWay | CallbackError::BeingAsked(_) => ErrorPage::plain(
            StatusCode::OK,
            "This sign-in was interrupted",
            "If the application does not continue in a few seconds, connect again from it.",
        ),
        CallbackError::AlreadyCompleted => ErrorPage::plain(
            StatusCode::OK,
            "This sign-in is already completed",
            "You can close this page and go back to the application. If it still waits, connect again from it.",
        ),
        CallbackError::Unavailable(_) => ErrorPage::unavailable(),
    }
}
