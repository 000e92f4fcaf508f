//! The control API, for programs and tests in another process: faults and the log of requests.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router, body::Bytes, extract::State, http::StatusCode};
use serde::Deserialize;
use stand_in::control::{guarded, refuse};

use super::{Endpoint, Fault};
use crate::{admin_consent, app_roles, sts::Sts};

/// Of all control paths.
pub(crate) const PREFIX: &str = "/_control/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    endpoint: Endpoint,
    #[serde(default = "once")]
    times: usize,
    fault: Fault,
}

fn once() -> usize {
    1
}

/// The control endpoints, behind their token.
pub(crate) fn router(sts: &Arc<Sts>) -> Router<Arc<Sts>> {
    let routes = Router::new()
        .route("/_control/faults", post(plan))
        .route("/_control/requests", get(requests))
        .route("/_control/admin-consent", post(admin_consent::post))
        .route("/_control/conditional-access", post(conditional_access))
        .route("/_control/app-roles", post(app_roles::control));
    guarded(routes, &sts.faults.control_token)
}

/// `POST /_control/faults`: `{"endpoint": "refresh_token", "times": 2, "fault": {"kind": "status", "status": 503}}`.
async fn plan(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    let plan: Plan = match serde_json::from_slice(&body) {
        Ok(plan) => plan,
        Err(reason) => return refuse(StatusCode::BAD_REQUEST, &reason.to_string()),
    };
    match sts.faults.plan(plan.endpoint, plan.times, plan.fault) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(reason) => refuse(StatusCode::BAD_REQUEST, &reason.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    second_factor: bool,
}

/// `POST /_control/conditional-access`: `{"second_factor": true}` turns the policy on.
async fn conditional_access(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    match serde_json::from_slice(&body) {
        Ok(Policy { second_factor }) => {
            sts.conditional_access.require_second_factor(second_factor);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(reason) => refuse(StatusCode::BAD_REQUEST, &reason.to_string()),
    }
}

/// `GET /_control/requests`: what was asked, oldest first.
async fn requests(State(sts): State<Arc<Sts>>) -> Response {
    Json(sts.requests.all()).into_response()
}
