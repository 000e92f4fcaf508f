//! `GET, POST /operator`: the operator's page.

use std::sync::Arc;

use authorization_server::{
    endpoints::{
        answer::Answer,
        operator::{OperatorAction, OperatorError, OperatorSubmission},
        visitor::Visitor,
    },
    ground::{EventName, Id, guid},
    state::{blocks::BlockTarget, owner_session::OwnPage},
};
use http::{Method, StatusCode};
use oauth_protocol::form::Form;

use super::{
    app::App,
    browser, cookies,
    pages::{self, ErrorPage, Texts},
    reply::Response,
    request::Incoming,
    too_many::ReachedLimit,
};
use crate::budget::{Exhausted, Permit};

/// Why a request does not count.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
enum OperatorRefusal {
    Incomplete,
    /// The form names a target that cannot be blocked.
    Target,
    /// The form names the user by something other than an object id.
    ObjectId,
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

impl OperatorRefusal {
    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Incomplete => Some("the form is incomplete"),
            Self::Target => Some("the target cannot be blocked"),
            Self::ObjectId => Some("the user is not named by an object id"),
            Self::Operator(error) => error.reason(),
        }
    }
}

pub(super) async fn serve(app: Arc<App>, incoming: Incoming) -> Response {
    let _place = match admit(&app, &incoming).await {
        Ok(place) => place,
        Err(refused) => return refused,
    };
    let answered =
        if incoming.method == Method::POST { act(&app, &incoming).await } else { show(&app, &incoming).await };
    match answered {
        Ok(answer) => browser::encode(&app, &incoming, &answer),
        Err(refusal) => {
            app.refused(EventName::OperatorRefused.event(), refusal.reason(), &refusal);
            let texts = Texts::preferred(&incoming.headers);
            pages::error(&app, texts, &page(texts, &refusal))
        }
    }
}

/// The place of a page among those that are made at once: it reads many clients. A click is never refused for want of a place.
async fn admit(app: &App, incoming: &Incoming) -> Result<Option<Permit>, Response> {
    if incoming.method == Method::POST {
        return Ok(None);
    }
    let Ok(Some(session)) = app.server.operator_session(&cookies::sent(&incoming.headers)).await else {
        return Ok(None);
    };
    let (operator, texts) = (session.operator.owner_key(), Texts::preferred(&incoming.headers));
    let mut place = app.memory.operator_pages.permit(operator);
    place.grow(1).map_err(|Exhausted| {
        ReachedLimit::on_own_page("pages of operators at once", operator).report(app, "operator");
        pages::error(app, texts, &ErrorPage::busy(texts))
    })?;
    Ok(Some(place))
}

async fn show(app: &App, incoming: &Incoming) -> Result<Answer, OperatorRefusal> {
    let query = incoming.query().ok().filter(|query| query.repeated().is_none()).ok_or(OperatorRefusal::Incomplete)?;
    let cookies = cookies::sent(&incoming.headers);
    Ok(app.server.operator_page(&cookies, query.first("from")).await.map_err(OperatorError::from)?)
}

async fn act(app: &App, incoming: &Incoming) -> Result<Answer, OperatorRefusal> {
    let (cookies, initiator) = (cookies::sent(&incoming.headers), browser::initiator(app, incoming));
    let visitor = Visitor { cookies: &cookies, initiator, from: incoming.from };
    // Where a form comes from matters before what is wrong with it.
    let sender = visitor.own_form().map_err(OperatorError::from)?;
    let form = incoming.form().ok().filter(|form| form.repeated().is_none()).ok_or(OperatorRefusal::Incomplete)?;
    let csrf = form.first("csrf").unwrap_or_default();
    let id = form.first("form").and_then(Id::parse);
    let submission = OperatorSubmission { action: action(&form)?, form: id, csrf };
    Ok(app.server.act_as_operator(submission, sender).await?)
}

/// Only clients of ours have grants. The tokens of an application of Entra are stopped by a block.
fn of_grants(target: BlockTarget) -> Result<BlockTarget, OperatorRefusal> {
    if matches!(target, BlockTarget::EntraApplication(_)) { Err(OperatorRefusal::Target) } else { Ok(target) }
}

fn action(form: &Form) -> Result<Option<OperatorAction>, OperatorRefusal> {
    let target = || {
        let named = form.first("kind").zip(form.first("value"));
        named.and_then(|(kind, value)| BlockTarget::parse(kind, value)).ok_or(OperatorRefusal::Target)
    };
    Ok(match form.first("action") {
        Some("sign-in") => Some(OperatorAction::SignIn),
        Some("sign-out") => Some(OperatorAction::SignOut),
        Some("block") => Some(OperatorAction::Block(target()?)),
        Some("unblock") => Some(OperatorAction::Unblock(target()?)),
        Some("end-application") => Some(OperatorAction::EndApplication(of_grants(target()?)?)),
        Some("end-user") => {
            let user = form.first("user").and_then(|user| guid(user.trim()));
            Some(OperatorAction::EndUser(user.ok_or(OperatorRefusal::ObjectId)?))
        }
        _ => None,
    })
}

fn page(texts: &Texts, refusal: &OperatorRefusal) -> ErrorPage {
    let path = OwnPage::Operator.path();
    let bad_request = |title, text| ErrorPage::plain(StatusCode::BAD_REQUEST, title, text);
    let conflict = |title, text| ErrorPage::plain(StatusCode::CONFLICT, title, text);
    match refusal {
        OperatorRefusal::Incomplete => bad_request(texts.incomplete_title(), texts.open_again(path)),
        OperatorRefusal::Target => bad_request(texts.target_title(), texts.target()),
        OperatorRefusal::ObjectId => bad_request(texts.object_id_title(), texts.object_id()),
        OperatorRefusal::Operator(OperatorError::Forged) => {
            ErrorPage::plain(StatusCode::FORBIDDEN, texts.request_title(), texts.request_foreign(path))
        }
        OperatorRefusal::Operator(OperatorError::Repeated) => conflict(texts.repeated_title(), texts.repeated()),
        OperatorRefusal::Operator(OperatorError::TooMany) => conflict(texts.full_title(), texts.full()),
        OperatorRefusal::Operator(OperatorError::Unavailable(_)) => ErrorPage::unavailable(texts),
    }
}
