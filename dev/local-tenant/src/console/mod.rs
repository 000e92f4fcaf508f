//! The console: a page on which a person watches the tenant and changes it. Each button is a call of the control API, so
//! the console can do what tests can do, and nothing else.

mod guard;
mod history;
pub(crate) mod kept;
mod page;
mod switches;
mod words;

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Router, middleware, routing::get};
use serde_json::Value;
use tower_service::Service as _;

use self::page::ConsolePage;
use crate::faults::control;
use crate::{authorize::show, parameters::Parameters, sts::Sts};

/// The longest answer of the control API.
const LONGEST_ANSWER: usize = 64 * 1024;

/// `GET /` and `POST /`.
pub(crate) fn router(sts: &Arc<Sts>) -> Router<Arc<Sts>> {
    let routes = Router::new().route("/", get(page).post(change));
    routes.route_layer(middleware::from_fn_with_state(Arc::clone(sts), guard::admit))
}

async fn page(State(sts): State<Arc<Sts>>, uri: Uri) -> Response {
    let reloads = uri.query() == Some("reload");
    let mut response = shown(&sts, StatusCode::OK, None, reloads);
    if reloads {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("5; url=/?reload"));
    }
    response
}

/// Makes the call that the form names, and shows the page again.
async fn change(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    match call(&sts, &body).await {
        Ok(place) => Redirect::to(&format!("/#{place}")).into_response(),
        Err((status, reason)) => shown(&sts, status, Some(reason), false),
    }
}

/// Where on the page the button is; or why nothing was changed.
async fn call(sts: &Arc<Sts>, form: &[u8]) -> Result<String, (StatusCode, String)> {
    let malformed = |reason: &str| (StatusCode::BAD_REQUEST, reason.to_owned());
    let parameters = Parameters::parse(form).map_err(|_| malformed("The form cannot be read."))?;
    let value = |name| parameters.get(name).unwrap_or_default();
    if !guard::is_own_form(sts, value("token")) {
        return Err((StatusCode::FORBIDDEN, "This form is of an earlier start. Try again on this page.".to_owned()));
    }
    let (path, place) = (value("path"), value("place"));
    if !path.starts_with(control::PREFIX) || !place.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(malformed("The form names no call of the control API."));
    }
    let authorization = format!("Bearer {}", sts.faults.control_token);
    let request = Request::builder().method(Method::POST).uri(path).header(header::AUTHORIZATION, authorization);
    let request = request.body(Body::from(value("body").to_owned())).map_err(|_| malformed("The path is not one."))?;
    let mut api = control::router(sts).with_state(Arc::clone(sts));
    let answer = api.call(request).await.unwrap_or_else(|never| match never {});
    match answer.status() {
        status if status.is_success() => Ok(place.to_owned()),
        status => Err((status, reason(answer).await)),
    }
}

/// The control API's words.
async fn reason(answer: Response) -> String {
    let body = to_bytes(answer.into_body(), LONGEST_ANSWER).await.unwrap_or_default();
    let reason: Option<Value> = serde_json::from_slice(&body).ok();
    let reason = reason.as_ref().and_then(|body| body.get("error")?.as_str());
    format!("The control API refused it: {}.", reason.unwrap_or("it knows no such call"))
}

fn shown(sts: &Sts, status: StatusCode, refused: Option<String>, reloads: bool) -> Response {
    let mut response = show(status, &ConsolePage::of(sts, refused, reloads));
    // In addition to the policy of all pages: a form of this page leads nowhere else.
    response.headers_mut().append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("form-action 'self'"));
    response
}
