//! The token endpoint (RFC 6749 §3.2).

mod authorization_code;
pub(crate) mod codes;
mod issue;
mod on_behalf_of;
mod refresh_token;

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, body::Bytes};

use self::issue::TokenAnswer;
use crate::aadsts::{
    CLIENT_SECRET, CREDENTIAL_MISSING, Correlation, GRANT_TYPE_UNSUPPORTED, MALFORMED, PARAMETER_MISSING, POST_ONLY,
    RESOURCE_PARAMETER, Refusal, SCOPE_EMPTY,
};
use crate::sts::{Sts, check_tenant};
use crate::{
    client_assertion, clients, clients::Client, parameters::Parameters, registration::CLIENT_ID, scopes::Scopes,
};

/// Of every grant; each adds its own.
const COMMON: [&str; 9] = [
    "client_id",
    "client_secret",
    "client_assertion_type",
    "client_assertion",
    "grant_type",
    "scope",
    "claims",
    "client_info",
    "resource",
];

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) async fn post(
    State(sts): State<Arc<Sts>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let correlation = Correlation::of(&headers, sts.clock.now());
    let answer = check_tenant(&tenant)
        .and_then(|()| form(query.as_deref(), &headers, &body))
        .and_then(|parameters| grant(&sts, &parameters));
    uncached(match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.json(&correlation),
    })
}

/// Any other method.
pub(crate) async fn not_post(State(sts): State<Arc<Sts>>, method: Method, headers: HeaderMap) -> Response {
    uncached(POST_ONLY.with(&[method.as_str()]).json(&Correlation::of(&headers, sts.clock.now())))
}

/// A form body and nothing else, but for the correlation id of MSAL Node. In a body of another type Entra finds no parameters.
fn form(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Result<Parameters, Refusal> {
    let id = |query: &str| query.is_empty() || (query.starts_with("client-request-id=") && !query.contains('&'));
    if !query.is_none_or(id) {
        return Err(MALFORMED.with(&["parameters belong into the body"]));
    }
    if headers.contains_key(header::AUTHORIZATION) {
        return Err(CLIENT_SECRET.with(&[CLIENT_ID]));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(PARAMETER_MISSING.with(&["grant_type"]));
    }
    Parameters::parse(body)
}

fn grant(sts: &Sts, parameters: &Parameters) -> Result<TokenAnswer, Refusal> {
    let grant_type = parameters.require("grant_type")?;
    let client = clients::find(parameters.require("client_id")?)?;
    if parameters.get("resource").is_some() {
        return Err(RESOURCE_PARAMETER.with(&[]));
    }
    authenticate(client, sts, parameters)?;
    match grant_type {
        "authorization_code" => authorization_code::redeem(sts, client, parameters),
        "refresh_token" => refresh_token::refresh(sts, client, parameters),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => on_behalf_of::exchange(sts, client, parameters),
        other => Err(GRANT_TYPE_UNSUPPORTED.with(&[other])),
    }
}

/// Authenticates a client: by a secret (RFC 6749 §2.3.1), or our app by an assertion.
fn authenticate(client: &Client, sts: &Sts, parameters: &Parameters) -> Result<(), Refusal> {
    match (client.secret, parameters.get("client_secret")) {
        _ if client.is_own() => client_assertion::authenticate(sts, parameters),
        (Some(secret), Some(sent)) if secret == sent => Ok(()),
        (None, None) if parameters.get("client_assertion").is_none() => Ok(()),
        (Some(_), None) => Err(CREDENTIAL_MISSING.with(&[])),
        _ => Err(CLIENT_SECRET.with(&[client.client_id])),
    }
}

fn allow_only(parameters: &Parameters, of_the_grant: &[&str]) -> Result<(), Refusal> {
    parameters.allow_only(&[&COMMON, of_the_grant].concat())
}

/// Entra falls back to the scopes of the code, but not in every case; here they must be named.
fn scopes(parameters: &Parameters) -> Result<Scopes, Refusal> {
    Scopes::parse(parameters.get("scope").ok_or_else(|| SCOPE_EMPTY.with(&[]))?)
}

/// RFC 6749 §5.1.
pub(crate) fn uncached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    response
}
