//! `POST /consent`: the owner's decision.

use std::sync::Arc;

use authorization_server::consent::{ConsentCookies, ConsentError, Decided, Decision};
use http::{StatusCode, header};

use super::{
    App,
    cookies::{self, Cookies, Purpose},
    pages::{self, ErrorPage},
    reply::Response,
    request::{BodyError, Incoming},
};

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the form was not sent from our own page")]
    ForeignOrigin,
    #[error("{}", .0.text())]
    Body(BodyError),
    #[error("the form is incomplete")]
    Incomplete,
    #[error(transparent)]
    Consent(#[from] ConsentError),
}

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    match decide(&app, &incoming).await {
        Ok(response) => response,
        Err(refusal) => {
            tracing::warn!(audit = "consent refused", reason = %refusal, "decision not counted");
            pages::error(&app, &page(&refusal))
        }
    }
}

async fn decide(app: &App, incoming: &Incoming) -> Result<Response, Refusal> {
    check_origin(app, incoming)?;
    let form = incoming.form().map_err(Refusal::Body)?;
    let field = |name| form.single(name).ok().flatten().ok_or(Refusal::Incomplete);
    let allow = match field("decision")? {
        "allow" => true,
        "deny" => false,
        _ => return Err(Refusal::Incomplete),
    };
    let decision = Decision { sealed: field("request")?, csrf: field("csrf")?, allow };
    let pending = app.server.consent_transaction(decision.sealed).await?;
    let sent = Cookies::of(&incoming.headers);
    let cookies = ConsentCookies {
        binding: sent.get(Purpose::ConsentState, pending.id),
        csrf: sent.get(Purpose::CsrfToken, pending.id),
    };
    let decided = app.server.decide(pending, &decision, &cookies).await?;
    Ok(encode(app, &sent, &decided))
}

/// Our pages send `Referrer-Policy: same-origin`, so an honest form always names its origin.
fn check_origin(app: &App, incoming: &Incoming) -> Result<(), Refusal> {
    let ours = incoming.header(header::ORIGIN) == Some(app.server.base.issuer());
    let same_site = incoming.headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    if ours && same_site { Ok(()) } else { Err(Refusal::ForeignOrigin) }
}

fn encode(app: &App, sent: &Cookies, decided: &Decided) -> Response {
    let (mut response, id) = match decided {
        Decided::Allowed { id, sign_in_url, browser } => {
            let mut response = pages::signing_in(app, sign_in_url);
            cookies::set(&mut response, sent, (Purpose::EntraState, *id), browser);
            (response, *id)
        }
        Decided::Denied { id, request, return_to } => (pages::denied(app, request.redirect.host(), return_to), *id),
    };
    cookies::clear(&mut response, Purpose::ConsentState, id);
    cookies::clear(&mut response, Purpose::CsrfToken, id);
    response
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
            "It does not belong to the page that this browser was shown. Connect again from the application.",
        ),
        Refusal::Consent(ConsentError::CookieMissing) => forbidden(
            "Your browser did not keep this page's cookie",
            "Allow cookies for this site, do not open the page in another browser, and connect again from the application.",
        ),
        Refusal::Consent(ConsentError::Expired) => forbidden(
            "This page is too old",
            "Decisions are possible for ten minutes. Connect again from the application.",
        ),
        Refusal::Consent(ConsentError::AlreadyDecided) => forbidden(
            "You have already decided",
            "This page was used before. To decide anew, connect again from the application.",
        ),
        Refusal::Consent(ConsentError::Unavailable(_)) => ErrorPage::unavailable(),
    }
}
