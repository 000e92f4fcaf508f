//! `POST /consent`: the owner's decision. `GET /consent?id=`: the question after signing in.

use std::sync::Arc;

use authorization_server::{
    endpoints::{
        answer::Answer,
        confirmation::ConfirmationSubmission,
        consent::{ConsentError, ConsentSubmission, Decision},
        visitor::Visitor,
    },
    ground::{EventName, Id},
};
use http::{Method, StatusCode};
use oauth_protocol::form::Form;

use super::{
    app::App,
    browser, cookies,
    pages::{self, ErrorPage, Texts},
    reply::Response,
    request::{BodyError, Incoming},
};

/// Why a consent request is refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
enum ConsentRefusal {
    Body(BodyError),
    Incomplete,
    #[error(transparent)]
    Consent(#[from] ConsentError),
}

pub(super) async fn serve(app: Arc<App>, incoming: Incoming) -> Response {
    let answered = if incoming.method == Method::POST {
        decide(&app, &incoming).await
    } else {
        confirmation(&app, &incoming).await
    };
    match answered {
        Ok(answer) => browser::encode(&app, &incoming, &answer),
        Err(refusal) => {
            app.refused(EventName::ConsentRefused.event(), refusal.reason(), &refusal);
            let texts = Texts::preferred(&incoming.headers);
            pages::error(&app, texts, &page(texts, &refusal))
        }
    }
}

async fn confirmation(app: &App, incoming: &Incoming) -> Result<Answer, ConsentRefusal> {
    let query = incoming.query().map_err(|_| ConsentRefusal::Incomplete)?;
    let id = query.single("id").ok().flatten().and_then(Id::parse).ok_or(ConsentRefusal::Incomplete)?;
    Ok(app.server.confirmation(id, &cookies::sent(&incoming.headers)).await?)
}

async fn decide(app: &App, incoming: &Incoming) -> Result<Answer, ConsentRefusal> {
    let (cookies, initiator) = (cookies::sent(&incoming.headers), browser::initiator(app, incoming));
    let visitor = Visitor { cookies: &cookies, initiator, from: incoming.from };
    // Where a form comes from matters before what is wrong with it.
    let sender = visitor.own_form().map_err(ConsentError::from)?;
    let form = form(incoming)?;
    let decision = decision(&form)?;
    // A form without its token is refused like one with a foreign token.
    let csrf = form.first("csrf").unwrap_or_default();
    if let Some(id) = form.first("confirm") {
        let id = Id::parse(id).ok_or(ConsentRefusal::Incomplete)?;
        return Ok(app.server.confirm(&ConfirmationSubmission { id, decision, csrf }, sender).await?);
    }
    let request = form.first("request").ok_or(ConsentRefusal::Incomplete)?;
    Ok(app.server.decide(&ConsentSubmission { request, decision, csrf }, sender).await?)
}

fn form(incoming: &Incoming) -> Result<Form, ConsentRefusal> {
    let form = incoming.form().map_err(ConsentRefusal::Body)?;
    if form.repeated().is_some() { Err(ConsentRefusal::Incomplete) } else { Ok(form) }
}

impl ConsentRefusal {
    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Body(error) => Some(error.text()),
            Self::Incomplete => Some("the form is incomplete"),
            Self::Consent(error) => error.reason(),
        }
    }
}

fn decision(form: &Form) -> Result<Decision, ConsentRefusal> {
    match form.first("decision") {
        Some("allow") => Ok(Decision::Allow),
        Some("switch") => Ok(Decision::SwitchAccount),
        Some("deny") => Ok(Decision::Deny),
        Some("undo" | "review") => Ok(Decision::Undo),
        _ => Err(ConsentRefusal::Incomplete),
    }
}

fn page(texts: &Texts, refusal: &ConsentRefusal) -> ErrorPage {
    let forbidden = |title, text| ErrorPage::plain(StatusCode::FORBIDDEN, title, text);
    match refusal {
        ConsentRefusal::Body(_) | ConsentRefusal::Incomplete => {
            ErrorPage::plain(StatusCode::BAD_REQUEST, texts.incomplete_title(), texts.connect_again())
        }
        ConsentRefusal::Consent(ConsentError::ForeignOrigin) => {
            forbidden(texts.decision_title(), texts.decision_foreign())
        }
        ConsentRefusal::Consent(ConsentError::Forged) => forbidden(texts.decision_title(), texts.decision_forged()),
        ConsentRefusal::Consent(ConsentError::CookieMissing) => ErrorPage::cookie_missing(texts, texts.connect_again()),
        ConsentRefusal::Consent(ConsentError::Expired) => forbidden(texts.expired_title(), texts.expired()),
        ConsentRefusal::Consent(ConsentError::AlreadyCompleted) => ErrorPage::already_completed(texts),
        ConsentRefusal::Consent(ConsentError::AlreadyDecided) => forbidden(texts.decided_title(), texts.decided()),
        ConsentRefusal::Consent(ConsentError::Unavailable(_)) => ErrorPage::unavailable(texts),
    }
}
