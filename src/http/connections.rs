//! `GET, POST /connections`: the owner's own page.

use std::sync::Arc;

use authorization_server::{
    endpoints::connections::{ConnectionsError, OWNER, OwnerSession},
    ground::lifetimes::OWNER_SESSION_LIFETIME,
    ground::{Id, Unavailable},
};
use http::{Method, StatusCode};
use oauth_protocol::form::Form;

use super::{
    app::App,
    consent::{Refusal, check_origin},
    cookies::{self, Cookies, Purpose},
    pages::{self, ErrorPage},
    reply::Response,
    request::Incoming,
};

const PATH: &str = "/connections";

pub(super) async fn serve(app: Arc<App>, incoming: Incoming) -> Response {
    let sent = Cookies::of(&incoming.headers);
    let answered = if incoming.method == Method::POST {
        act(&app, &incoming, &sent).await
    } else {
        show(&app, &sent).await.map_err(ConnectionsError::from)
    };
    answered.unwrap_or_else(|error| refusal(&app, &error))
}

/// Entra's answer to a sign-in for this page.
pub(super) async fn signed_in(app: &App, query: &Form, (id, sent): (Id, &Cookies)) -> Response {
    let cookie = sent.get(Purpose::EntraState, id);
    let mut response = match app.server.signed_in_to_connections(query, cookie).await {
        Ok(session) => {
            let mut response = pages::redirect(&app.server.base().join(PATH));
            cookies::set_named(&mut response, OWNER, &session, OWNER_SESSION_LIFETIME);
            response
        }
        Err(error) => refusal(app, &error),
    };
    cookies::clear(&mut response, Purpose::EntraState, id);
    response
}

async fn show(app: &App, sent: &Cookies) -> Result<Response, Unavailable> {
    let Some(session) = app.server.owner_session(sent.named(OWNER)).await? else {
        return Ok(pages::connections_sign_in(app));
    };
    let connections = app.server.connections(session.owner).await?;
    let denials = app.server.recall(sent.memory()).await?.denials(app.server.now());
    Ok(pages::connections(app, &session, &connections, denials))
}

async fn act(app: &App, incoming: &Incoming, sent: &Cookies) -> Result<Response, ConnectionsError> {
    check_origin(app, incoming).map_err(|_: Refusal| ConnectionsError::Forged)?;
    let Some(form) = incoming.form().ok().filter(|form| form.repeated().is_none()) else {
        let text = "Open /connections again.";
        return Ok(pages::error(app, &ErrorPage::plain(StatusCode::BAD_REQUEST, "The form is incomplete", text)));
    };
    let action = form.first("action").unwrap_or_default();
    if action == "sign-in" {
        return Ok(sign_in(app, sent).await?);
    }
    let session = app.server.owner_session(sent.named(OWNER)).await?;
    let Some(session) = session else { return Ok(pages::connections_sign_in(app)) };
    app.server.check_owner_form(&session, form.first("csrf").unwrap_or_default())?;
    perform(app, (action, form.first("client")), &session, sent).await
}

async fn perform(
    app: &App,
    (action, client): (&str, Option<&str>),
    session: &OwnerSession,
    sent: &Cookies,
) -> Result<Response, ConnectionsError> {
    let mut response = pages::redirect(&app.server.base().join(PATH));
    match (action, client.and_then(Id::parse)) {
        ("revoke", Some(client)) => app.server.withdraw(session.owner, Some(client)).await?,
        ("revoke-all", _) => app.server.withdraw(session.owner, None).await?,
        ("undo-denials", _) => {
            let memory = app.server.recall(sent.memory()).await?.without_denials();
            cookies::set_denied(&mut response, &app.server, &memory).await?;
        }
        ("sign-out", _) => cookies::clear_named(&mut response, OWNER),
        _ => return Err(ConnectionsError::Forged),
    }
    tracing::info!(audit = "connections", action, owner = %session.owner, "connections changed");
    Ok(response)
}

async fn sign_in(app: &App, sent: &Cookies) -> Result<Response, Unavailable> {
    let sign_in = app.server.sign_in_to_connections().await?;
    let mut response = pages::signing_in(app, &sign_in.url);
    cookies::set(&mut response, sent, (Purpose::EntraState, sign_in.id), &sign_in.browser);
    Ok(response)
}

fn refusal(app: &App, error: &ConnectionsError) -> Response {
    tracing::warn!(audit = "connections refused", %error, "connections request refused");
    let plain = |title: &str, text: &str| ErrorPage::plain(StatusCode::FORBIDDEN, title, text);
    let page = match error {
        ConnectionsError::UnknownState => {
            plain("This sign-in is unknown or too old", "Open /connections and sign in again.")
        }
        ConnectionsError::NotSignedIn(_) => plain("You are not signed in", "Open /connections and try again."),
        ConnectionsError::Forged => {
            plain("Your request was not accepted", "It was not sent from your own page. Open /connections again.")
        }
        ConnectionsError::Unavailable(_) => ErrorPage::unavailable(),
    };
    pages::error(app, &page)
}
