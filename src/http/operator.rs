//! `GET, POST /operator`: the operator's page.

use std::sync::Arc;

use authorization_server::{
    endpoints::{
        answer::Answer,
        operator::{OperatorAction, OperatorError, OperatorSubmission},
        visitor::Visitor,
    },
    ground::{EventName, Id, guid},
    state::blocks::BlockTarget,
};
use http::{Method, StatusCode};
use oauth_protocol::form::Form;

use super::{
    app::App,
    browser, cookies,
    pages::{self, ErrorPage},
    reply::Response,
    request::Incoming,
};

/// Why a request does not count.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
enum OperatorRefusal {
    Incomplete,
    /// What is to be blocked cannot be.
    Target,
    /// The user is not named by an object id.
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
    let answered =
        if incoming.method == Method::POST { act(&app, &incoming).await } else { show(&app, &incoming).await };
    match answered {
        Ok(answer) => browser::encode(&app, &incoming.method, &answer),
        Err(refusal) => {
            app.refused(EventName::OperatorRefused.event(), refusal.reason(), &refusal);
            pages::error(&app, &page(&refusal))
        }
    }
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

/// A grant is of a client of ours: what stops the tokens of an application of Entra is a block.
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

fn page(refusal: &OperatorRefusal) -> ErrorPage {
    let bad_request = |title: &str, text: &str| ErrorPage::plain(StatusCode::BAD_REQUEST, title, text);
    match refusal {
        OperatorRefusal::Incomplete => bad_request("The form is incomplete", "Open /operator again."),
        OperatorRefusal::Target => bad_request(
            "This cannot be blocked",
            "Enter a host such as client.example, without https:// and without a port; the whole URL of a metadata document; \
             the client id of a registration; or the application id of an application in Entra.",
        ),
        OperatorRefusal::ObjectId => bad_request(
            "This is not an object id",
            "Enter the object id of the user. The Entra admin center shows it on the user's page.",
        ),
        OperatorRefusal::Operator(OperatorError::Forged) => ErrorPage::plain(
            StatusCode::FORBIDDEN,
            "Your request was not accepted",
            "It was not sent from your own page. Open /operator again.",
        ),
        OperatorRefusal::Operator(OperatorError::Repeated) => ErrorPage::plain(
            StatusCode::CONFLICT,
            "This form was sent before",
            "It has no effect the second time. Open /operator again to see what is blocked now.",
        ),
        OperatorRefusal::Operator(OperatorError::TooMany) => ErrorPage::plain(
            StatusCode::CONFLICT,
            "There are too many entries",
            "At most 500 applications can be blocked, and the connections of at most 500 can be ended within 90 days. Lift a block \
             that is not needed any more, or name a host instead of single applications.",
        ),
        OperatorRefusal::Operator(OperatorError::Unavailable(_)) => ErrorPage::unavailable(),
    }
}
