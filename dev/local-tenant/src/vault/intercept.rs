//! Every request to the vault passes here: it is recorded, and answered wrongly if a test asked for that.

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use stand_in::Cut;

use super::{Operation, Site, asked::Asked};
use crate::{faults::inject::Faulty, random};

/// No honest request is longer.
const LONGEST_BODY: usize = 64 << 10;

/// In the extensions of an answer: the version that gave it.
#[derive(Clone)]
pub(super) struct AnsweredBy(pub(super) String);

pub(super) async fn intercept(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let asked = Asked::parse(&parts.method, parts.uri.path());
    let client_request_id = parts.headers.get("x-ms-client-request-id").cloned();
    parts.extensions.insert(asked.clone());
    let planned = asked.endpoint().and_then(|endpoint| Some((endpoint, site.sts.faults.take(endpoint)?)));
    let mut response = match planned {
        None => next.run(Request::from_parts(parts, body.into())).await,
        Some((endpoint, fault)) => Faulty { sts: &site.sts, endpoint, parts, body, next }.answer(fault).await,
    };
    site.vault.operations.push(of(&asked, &response));
    decorate(&mut response, client_request_id);
    response
}

fn of(asked: &Asked, response: &Response) -> Operation {
    let extensions = response.extensions();
    let answered_by = extensions.get::<AnsweredBy>().map(|AnsweredBy(version)| version.clone());
    Operation {
        operation: asked.operation(),
        version: answered_by.or_else(|| asked.version().map(str::to_owned)),
        status: extensions.get::<Cut>().is_none().then(|| response.status().as_u16()),
    }
}

fn decorate(response: &mut Response, client_request_id: Option<HeaderValue>) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert("x-ms-keyvault-region", HeaderValue::from_static("local"));
    headers.extend(client_request_id.map(|id| (header::HeaderName::from_static("x-ms-client-request-id"), id)));
    if let Ok(id) = HeaderValue::from_str(&random::uuid()) {
        headers.insert("x-ms-request-id", id);
    }
}
