//! `GET, POST /connections`: the owner's own page.

use std::sync::Arc;

use authorization_server::{
    endpoints::{
        answer::Answer,
        connections::{ConnectionsError, OwnerAction, OwnerSubmission},
        own_page_sign_in::{OwnPageSignInError, SignInRefusal},
        visitor::Visitor,
    },
    ground::{EventName, Id},
    state::{cookies::Cookies, owner_session::OwnPage, preauthorized::ApplicationId},
};
use http::{Method, StatusCode};
use oauth_protocol::form::Form;

use super::{
    app::App,
    browser, cookies,
    pages::{self, ErrorPage, Texts},
    reply::Response,
    request::Incoming,
    too_many::{ErrorFormat, Place, ReachedLimit},
};
use crate::budget::{Exhausted, Permit};

/// Why a click does not count.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
enum ConnectionsRefusal {
    Incomplete,
    #[error(transparent)]
    Connections(#[from] ConnectionsError),
}

impl ConnectionsRefusal {
    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Incomplete => Some("the form is incomplete"),
            Self::Connections(error) => error.reason(),
        }
    }
}

pub(super) async fn serve(app: Arc<App>, incoming: Incoming) -> Response {
    let cookies = cookies::sent(&incoming.headers);
    let _place = match admit(&app, &incoming, &cookies).await {
        Ok(place) => place,
        Err(refused) => return refused,
    };
    let answered = if incoming.method == Method::POST {
        act(&app, &incoming, &cookies).await
    } else {
        app.server.connections_page(&cookies).await.map_err(|error| ConnectionsRefusal::Connections(error.into()))
    };
    match answered {
        Ok(answer) => browser::encode(&app, &incoming, &answer),
        Err(refusal) => {
            app.refused(EventName::ConnectionsRefused.event(), refusal.reason(), &refusal);
            let texts = Texts::preferred(&incoming.headers);
            pages::error(&app, texts, &page(texts, &refusal))
        }
    }
}

/// Counts a request of an owner who is signed in: the page reads a record for each client, and a click is a write. Returns the
/// place of a page among those that are made at once. A click waits for the owner's other clicks alone, and is never refused for
/// want of a place, so that nobody can keep an owner from withdrawing.
async fn admit(app: &App, incoming: &Incoming, cookies: &Cookies) -> Result<Option<Permit>, Response> {
    let Ok(Some(session)) = app.server.owner_session(cookies).await else { return Ok(None) };
    let (texts, endpoint) = (Texts::preferred(&incoming.headers), "connections");
    app.limits.take_page(session.owner).map_err(|too_many| {
        let place = Place { endpoint, format: ErrorFormat::Page(texts) };
        ReachedLimit::on_own_page("owner-page-requests-per-minute", session.owner).answer(app, place, too_many)
    })?;
    if incoming.method == Method::POST {
        return Ok(Some(app.memory.connections_clicks.of(session.owner).place().await));
    }
    let mut place = app.memory.connections_pages.permit(session.owner);
    place.grow(1).map_err(|Exhausted| {
        ReachedLimit::on_own_page("pages of connections at once", session.owner).report(app, endpoint);
        pages::error(app, texts, &ErrorPage::busy(texts))
    })?;
    Ok(Some(place))
}

async fn act(app: &App, incoming: &Incoming, cookies: &Cookies) -> Result<Answer, ConnectionsRefusal> {
    let visitor = Visitor { cookies, initiator: browser::initiator(app, incoming), from: incoming.from };
    // Where a form comes from matters before what is wrong with it.
    let sender = visitor.own_form().map_err(ConnectionsError::from)?;
    let form = incoming.form().ok().filter(|form| form.repeated().is_none()).ok_or(ConnectionsRefusal::Incomplete)?;
    let submission = OwnerSubmission { action: action(&form), csrf: form.first("csrf").unwrap_or_default() };
    Ok(app.server.act_on_connections(&submission, sender).await?)
}

fn action(form: &Form) -> Option<OwnerAction> {
    match form.first("action")? {
        "sign-in" => Some(OwnerAction::SignIn),
        "revoke" => form.first("client").and_then(Id::parse).map(OwnerAction::Withdraw),
        "revoke-application" => form.first("client").and_then(Id::parse).map(OwnerAction::WithdrawApplication),
        "revoke-all" => Some(OwnerAction::WithdrawAll),
        "refuse-application" => application(form).map(OwnerAction::RefuseEntraClient),
        "allow-application" => application(form).map(OwnerAction::AllowEntraClient),
        "undo-denials" => Some(OwnerAction::ForgetDenials),
        "sign-out" => Some(OwnerAction::SignOut),
        _ => None,
    }
}

fn application(form: &Form) -> Option<ApplicationId> {
    form.first("application").and_then(ApplicationId::parse)
}

fn page(texts: &Texts, refusal: &ConnectionsRefusal) -> ErrorPage {
    let path = OwnPage::Connections.path();
    match refusal {
        ConnectionsRefusal::Incomplete => {
            ErrorPage::plain(StatusCode::BAD_REQUEST, texts.incomplete_title(), texts.open_again(path))
        }
        ConnectionsRefusal::Connections(ConnectionsError::Forged) => {
            ErrorPage::plain(StatusCode::FORBIDDEN, texts.request_title(), texts.request_foreign(path))
        }
        ConnectionsRefusal::Connections(ConnectionsError::Unavailable(_)) => ErrorPage::unavailable(texts),
    }
}

/// A sign-in for a page of our own that does not complete.
pub(super) fn not_signed_in(app: &App, texts: &Texts, error: &OwnPageSignInError) -> Response {
    let refused = match error.page {
        OwnPage::Connections => EventName::ConnectionsRefused,
        OwnPage::Operator => EventName::OperatorRefused,
    };
    app.refused(refused.event(), error.refusal.reason(), error);
    let path = error.page.path();
    let forbidden = |title, text| ErrorPage::plain(StatusCode::FORBIDDEN, title, text);
    let page = match &error.refusal {
        SignInRefusal::UnknownState => forbidden(texts.sign_in_unknown_title(), texts.sign_in_again(path)),
        SignInRefusal::CookieMissing => ErrorPage::cookie_missing(texts, texts.sign_in_again(path)),
        SignInRefusal::NotSignedIn(_) => forbidden(texts.not_signed_in_title(), texts.not_signed_in(path)),
        SignInRefusal::NotAnOperator => forbidden(texts.not_operator_title(), texts.not_operator()),
        SignInRefusal::Blocked(block) => ErrorPage::blocked(texts, *block),
        SignInRefusal::Unavailable(_) => ErrorPage::unavailable(texts),
    };
    let mut response = pages::error(app, texts, &page);
    cookies::change(&mut response, &error.cookies);
    response
}
