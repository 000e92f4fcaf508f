//! The App Service managed identity endpoint, version 2019-08-01.
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use stand_in::random;

use crate::registration::{
    COSMOS_RESOURCE, EXCHANGE_AUDIENCE, VAULT_RESOURCE, WORKLOAD_CLIENT_ID, WORKLOAD_PRINCIPAL_ID,
};
use crate::{app_token, app_token::Resource, parameters::Parameters, sts::Sts};

const API_VERSION: &str = "2019-08-01";

/// `GET /msi/token`.
pub(crate) async fn get(State(sts): State<Arc<Sts>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    match token(&sts, query.as_deref().unwrap_or_default(), &headers) {
        Ok(response) => response,
        Err((status, message)) => refuse(status, &message),
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    let body = json!({ "statusCode": status.as_u16(), "message": message, "correlationId": random::uuid() });
    (status, Json(body)).into_response()
}

/// Too many requests.
pub(crate) fn throttle() -> Response {
    refuse(StatusCode::TOO_MANY_REQUESTS, "Too many requests.")
}

type Refused = (StatusCode, String);

fn token(sts: &Sts, query: &str, headers: &HeaderMap) -> Result<Response, Refused> {
    let given = headers.get("x-identity-header").map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if aws_lc_rs::constant_time::verify_slices_are_equal(given, sts.state.identity_header().as_bytes()).is_err() {
        return Err((StatusCode::UNAUTHORIZED, "X-IDENTITY-HEADER is missing or wrong.".to_owned()));
    }
    let parameters = Parameters::parse(query.as_bytes()).map_err(|_| bad("The query is malformed."))?;
    let known = ["resource", "api-version", "client_id", "object_id", "principal_id"];
    parameters
        .allow_only(&known)
        .map_err(|_| bad("The local tenant implements only resource, api-version, client_id and object_id."))?;
    if parameters.get("api-version") != Some(API_VERSION) {
        return Err(bad(&format!("The local tenant implements api-version {API_VERSION} only.")));
    }
    check_identity(&parameters)?;
    let resource = parameters.get("resource").ok_or_else(|| bad("The parameter 'resource' is missing."))?;
    let known = Resource::parse(resource).ok_or_else(|| {
        bad(&format!(
            "The resource '{resource}' is not implemented by the local tenant, only {EXCHANGE_AUDIENCE}, \
             {COSMOS_RESOURCE} and {VAULT_RESOURCE}."
        ))
    })?;
    Ok(answer(sts, known))
}

/// The site has this one user-assigned identity and no system-assigned one.
fn check_identity(parameters: &Parameters) -> Result<(), Refused> {
    let selectors = ["client_id", "object_id", "principal_id"].map(|name| (name, parameters.get(name)));
    let mut given = selectors.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let known = match given.next() {
        Some(("client_id", id)) => id.eq_ignore_ascii_case(WORKLOAD_CLIENT_ID),
        Some((_, id)) => id.eq_ignore_ascii_case(WORKLOAD_PRINCIPAL_ID),
        None => false,
    };
    if known && given.next().is_none() { Ok(()) } else { Err(bad("Unable to load the proper Managed Identity.")) }
}

fn answer(sts: &Sts, resource: Resource<'_>) -> Response {
    let (access_token, expires_on) = app_token::of_workload(sts, resource);
    Json(json!({
        "access_token": access_token,
        "expires_on": expires_on.to_string(),
        "resource": resource.audience(),
        "token_type": "Bearer",
        "client_id": WORKLOAD_CLIENT_ID,
    }))
    .into_response()
}

fn bad(message: &str) -> Refused {
    (StatusCode::BAD_REQUEST, message.to_owned())
}
