//! `POST /consent`: the owner's decision. `GET /consent?id=`: the short question after signing in.

use std::sync::Arc;

use authorization_server::{
    endpoints::confirmation::{Confirmed, Confirming},
    endpoints::consent::{ConsentError, Decided, Decision, Proof},
    ground::Id,
    state::memory::Memory,
};
use http::{Method, StatusCode, header};
use oauth_protocol::form::Form;

use super::{
    app::App,
    cookies::{self, Cookies, Purpose},
    pages::{self, ErrorPage},
    reply::Response,
    request::{BodyError, Incoming},
};

/// Why a decision does not count.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the form was not sent from this server's own page")]
    ForeignOrigin,
    #[error("{}", .0.text())]
    Body(BodyError),
    #[error("the form is incomplete")]
    Incomplete,
    #[error(transparent)]
    Consent(#[from] ConsentError),
}

pub(super) async fn serve(app: Arc<App>, incoming: Incoming) -> Response {
    let answered = if incoming.method == Method::POST {
        decide(&app, &incoming).await
    } else {
        confirmation_page(&app, &incoming).await
    };
    answered.unwrap_or_else(|refusal| {
        tracing::warn!(audit = "consent refused", reason = %refusal, "consent request refused");
        pages::error(&app, &page(&refusal))
    })
}

async fn decide(app: &App, incoming: &Incoming) -> Result<Response, Refusal> {
    check_origin(app, incoming)?;
    let form = incoming.form().map_err(Refusal::Body)?;
    if form.repeated().is_some() {
        return Err(Refusal::Incomplete);
    }
    let sent = Cookies::of(&incoming.headers);
    let memory = app.server.recall(sent.memory()).await.map_err(ConsentError::from)?;
    match form.first("confirm") {
        Some(id) => {
            let id = Id::parse(id).ok_or(Refusal::Incomplete)?;
            confirm(app, &form, (id, &sent), memory).await
        }
        None => consent(app, &form, &sent, memory).await,
    }
}

/// Our pages send `Referrer-Policy: same-origin`, so an honest form always names its origin.
pub(super) fn check_origin(app: &App, incoming: &Incoming) -> Result<(), Refusal> {
    let ours = incoming.header(header::ORIGIN) == Some(app.server.base().issuer());
    let same_site = incoming.headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    if ours && same_site { Ok(()) } else { Err(Refusal::ForeignOrigin) }
}

fn field<'a>(form: &'a Form, name: &'static str) -> Result<&'a str, Refusal> {
    form.single(name).ok().flatten().ok_or(Refusal::Incomplete)
}

/// A form without its token is as good as one with a foreign token.
fn csrf(form: &Form) -> &str {
    form.single("csrf").ok().flatten().unwrap_or_default()
}

fn decision(form: &Form) -> Result<Decision, Refusal> {
    match field(form, "decision")? {
        "allow" => Ok(Decision::Allow),
        "switch" => Ok(Decision::SwitchAccount),
        "deny" => Ok(Decision::Deny),
        "undo" => Ok(Decision::Undo),
        _ => Err(Refusal::Incomplete),
    }
}

async fn consent(app: &App, form: &Form, sent: &Cookies, memory: Memory) -> Result<Response, Refusal> {
    let decision = decision(form)?;
    let pending = app.server.consent_transaction(field(form, "request")?).await?;
    let id = pending.id;
    let proof = Proof {
        csrf: csrf(form),
        binding_cookie: sent.get(Purpose::ConsentState, id),
        csrf_cookie: sent.get(Purpose::CsrfToken, id),
    };
    let decided = app.server.decide(pending, decision, &proof, memory).await?;
    let mut response = match &decided {
        Decided::Allowed(sign_in) => {
            let mut response = pages::signing_in(app, &sign_in.url);
            cookies::set(&mut response, sent, (Purpose::EntraState, id), &sign_in.browser);
            response
        }
        Decided::Denied(denied, _) => {
            let mut response = pages::denied(app, denied);
            cookies::set_form(&mut response, sent, &denied.form);
            response
        }
        Decided::Undone(page, _) => {
            let mut response = pages::consent(app, page);
            cookies::set_form(&mut response, sent, &page.form);
            response
        }
    };
    if let Decided::Denied(_, memory) | Decided::Undone(_, memory) = &decided {
        cookies::set_denied(&mut response, &app.server, memory).await.map_err(ConsentError::from)?;
    }
    cookies::clear(&mut response, Purpose::ConsentState, id);
    cookies::clear(&mut response, Purpose::CsrfToken, id);
    Ok(response)
}

async fn confirmation_page(app: &App, incoming: &Incoming) -> Result<Response, Refusal> {
    let query = incoming.query().map_err(|_| Refusal::Incomplete)?;
    let id = query.single("id").ok().flatten().and_then(Id::parse).ok_or(Refusal::Incomplete)?;
    let sent = Cookies::of(&incoming.headers);
    let confirming = Confirming { id, cookie: sent.get(Purpose::EntraState, id) };
    Ok(pages::confirmation(app, id, &app.server.confirmation(&confirming).await?))
}

async fn confirm(app: &App, form: &Form, (id, sent): (Id, &Cookies), memory: Memory) -> Result<Response, Refusal> {
    let confirming = Confirming { id, cookie: sent.get(Purpose::EntraState, id) };
    let confirmed = app.server.confirm(&confirming, csrf(form), decision(form)?, memory).await?;
    match confirmed {
        Confirmed::SwitchAccount(sign_in) => {
            let mut response = pages::signing_in(app, &sign_in.url);
            cookies::set(&mut response, sent, (Purpose::EntraState, id), &sign_in.browser);
            Ok(response)
        }
        // A page, not a redirect, for the sake of `form-action` again.
        Confirmed::Redirect(answer) => {
            let mut response = pages::returning(app, &answer.location);
            cookies::clear(&mut response, Purpose::EntraState, id);
            cookies::set_memory(&mut response, sent, &app.server, answer.memory.as_ref())
                .await
                .map_err(ConsentError::from)?;
            Ok(response)
        }
    }
}

fn page(refusal: &Refusal) -> ErrorPage {
    let forbidden = |title: &str, text: &str| ErrorPage::plain(StatusCode::FORBIDDEN, title, text);
    match refusal {
        Refusal::Body(_) | Refusal::Incomplete => {
            ErrorPage::plain(StatusCode::BAD_REQUEST, "The form is incomplete", "Connect again from the application.")
        }
        Refusal::ForeignOrigin => forbidden(
            "Your decision was not accepted",
            "It was not sent from this server's own page. Connect again from the application.",
        ),
        Refusal::Consent(ConsentError::Forged) => forbidden(
            "Your decision was not accepted",
            "It does not belong to the page that this browser opened. Connect again from the application.",
        ),
        Refusal::Consent(ConsentError::CookieMissing) => forbidden(
            "Your browser did not keep this page's cookie",
            "Allow cookies for this site, do not open the page in another browser, and connect again from the application.",
        ),
        Refusal::Consent(ConsentError::Expired) => {
            forbidden("This page is too old", "It expired after ten minutes. Connect again from the application.")
        }
        Refusal::Consent(ConsentError::AlreadyDecided) => forbidden(
            "You have already decided",
            "This page was used before. To decide again, connect again from the application.",
        ),
        Refusal::Consent(ConsentError::Unavailable(_)) => ErrorPage::unavailable(),
    }
}
