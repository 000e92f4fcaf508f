//! The authorization endpoint (RFC 6749 §3.1) and the sign-in page's form.

mod request;
mod second_factor;
pub(crate) mod sign_ins;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use stand_in::{lock, random};
use url::form_urlencoded;

use self::request::Refused;
use self::sign_ins::{AuthorizeRequest, Prompt, ReturnTo};
use crate::aadsts::{CONSENT_DECLINED, Correlation, MALFORMED, NO_USER_SIGNED_IN, Refusal, TRANSIENT};
use crate::page::{RefusalPage, SignInPage};
use crate::registration::TENANT_ID;
use crate::sts::{Sts, check_tenant};
use crate::{accounts, parameters::Parameters, token::codes::Code, users, users::User};

/// `GET /{tenant}/oauth2/v2.0/authorize`: the sign-in page, or the answer at once for a silent user.
pub(crate) async fn get(
    State(sts): State<Arc<Sts>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let correlation = Correlation::of(&headers, sts.clock.now());
    let request = check_tenant(&tenant)
        .map_err(Refused::Page)
        .and_then(|()| AuthorizeRequest::parse(&sts, query.unwrap_or_default().as_bytes()));
    match request {
        Ok(request) => begin(&sts, request, &correlation),
        Err(Refused::Page(refusal)) => refuse(&refusal, &correlation),
        Err(Refused::Redirect(to, refusal)) => return_error(&to, &refusal, &correlation, None),
    }
}

fn begin(sts: &Sts, request: AuthorizeRequest, correlation: &Correlation) -> Response {
    if let Some(user) = sts.silent_user {
        return finish(sts, request, user, correlation);
    }
    if request.prompt == Prompt::None {
        return return_error(&request.return_to, &NO_USER_SIGNED_IN.with(&[]), correlation, None);
    }
    let users = hinted_first(request.login_hint.as_deref());
    let id = random::opaque::<32>();
    let page = SignInPage {
        app: request.client.name,
        tenant: TENANT_ID,
        id: &id,
        redirect_uri: &request.return_to.redirect_uri,
        users: &users,
        scopes: request.scopes.text().split_whitespace().collect(),
    };
    let answer = show(StatusCode::OK, &page);
    lock(&sts.sign_ins).put(id, request, sts.clock.unix());
    answer
}

fn hinted_first(login_hint: Option<&str>) -> Vec<&'static User> {
    let hinted = login_hint.and_then(users::user);
    let others = users::all().iter().filter(|user| Some(*user) != hinted);
    hinted.into_iter().chain(others).collect()
}

/// `POST /{tenant}/login`: what was chosen on the page. The page's id is good for one choice.
pub(crate) async fn login(
    State(sts): State<Arc<Sts>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let correlation = Correlation::of(&headers, sts.clock.now());
    match check_tenant(&tenant).and_then(|()| choice(&sts, &body)) {
        Ok((request, Choice::Approve(user))) if request.second_factor => second_factor::ask_for(&sts, request, user),
        Ok((request, Choice::Approve(user) | Choice::Approved(user))) => finish(&sts, request, user, &correlation),
        Ok((request, Choice::Cancel)) => {
            return_error(&request.return_to, &CONSENT_DECLINED.with(&[]), &correlation, Some("cancel"))
        }
        Err(refusal) => refuse(&refusal, &correlation),
    }
}

/// The choice on a page.
enum Choice {
    /// This user.
    Approve(&'static User),
    /// This user, who brought the second factor.
    Approved(&'static User),
    Cancel,
}

/// The request that the page stood for, and the choice.
fn choice(sts: &Sts, body: &[u8]) -> Result<(AuthorizeRequest, Choice), Refusal> {
    let parameters = Parameters::parse(body)?;
    parameters.allow_only(&["request", "user", "cancel", "second_factor"])?;
    let user = |oid| users::by_oid(oid).ok_or_else(|| MALFORMED.with(&["there is no such user"]));
    let chosen = match (parameters.get("user"), parameters.get("cancel"), parameters.get("second_factor")) {
        (Some(oid), None, None) => Choice::Approve(user(oid)?),
        (Some(oid), None, Some("approved")) => Choice::Approved(user(oid)?),
        (None, Some(_), None) => Choice::Cancel,
        _ => return Err(MALFORMED.with(&["choose one user, or cancel"])),
    };
    let id = parameters.require("request")?;
    let request = lock(&sts.sign_ins).take(id, sts.clock.unix());
    let request = request
        .ok_or_else(|| MALFORMED.with(&["this sign-in page was used already or is too old; start again in the app"]))?;
    match &chosen {
        Choice::Approved(user) if request.asked != Some(*user) => {
            Err(MALFORMED.with(&["nobody asked this user for a second factor"]))
        }
        _ => Ok((request, chosen)),
    }
}

/// Consent is given by signing in; then the code goes back to the app.
fn finish(sts: &Sts, request: AuthorizeRequest, user: &'static User, correlation: &Correlation) -> Response {
    // Entra does not send the user back.
    if let Err(refusal) = accounts::check(sts, user) {
        return refuse(&refusal, correlation);
    }
    let AuthorizeRequest { client, return_to, scopes, nonce, code_challenge, second_factor, .. } = request;
    let permissions = scopes.to_consent();
    if let Err(error) = sts.state.consent(client.consents_of(user.oid), &permissions) {
        return return_error(&return_to, &TRANSIENT.with(&[&error.to_string()]), correlation, None);
    }
    let redirect_uri = return_to.redirect_uri.clone();
    let code = Code { client, user, redirect_uri, challenge: code_challenge, nonce, permissions, second_factor };
    let code = lock(&sts.codes).issue(code, sts.clock.unix());
    let mut answer = vec![("code", code)];
    answer.extend(return_to.state.clone().map(|state| ("state", state)));
    answer.push(("session_state", random::uuid()));
    redirect(&return_to, &answer)
}

fn return_error(to: &ReturnTo, refusal: &Refusal, correlation: &Correlation, subcode: Option<&str>) -> Response {
    let mut answer = vec![("error", refusal.error.to_owned())];
    answer.extend(subcode.map(|subcode| ("error_subcode", subcode.to_owned())));
    answer.push(("error_description", refusal.description(correlation)));
    answer.push(("error_uri", refusal.uri()));
    answer.extend(to.state.clone().map(|state| ("state", state)));
    redirect(to, &answer)
}

fn redirect(to: &ReturnTo, answer: &[(&str, String)]) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
    let separator = if to.redirect_uri.contains('?') { '&' } else { '?' };
    let location = format!("{}{separator}{query}", to.redirect_uri);
    (StatusCode::FOUND, [(header::LOCATION, location), (header::CACHE_CONTROL, "no-store".into())]).into_response()
}

fn refuse(refusal: &Refusal, correlation: &Correlation) -> Response {
    show(StatusCode::BAD_REQUEST, &RefusalPage { description: refusal.description(correlation) })
}

pub(crate) fn show(status: StatusCode, page: &impl Template) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        // No form-action: Chrome would apply it to every redirect that follows the form, into apps we do not know.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    ];
    match page.render() {
        Ok(page) => (status, headers, Html(page)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
