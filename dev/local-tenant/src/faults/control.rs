//! The fault API over HTTP, for tests in another process. Every request carries `Authorization: Bearer` with the control
//! token of the ready line, so that no page in a browser can use it.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

use super::{Endpoint, Fault, inject::error};
use crate::{app_token, sts::Sts, vault};

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
    Router::new()
        .route("/_control/faults", post(plan).delete(clear))
        .route("/_control/release", post(release))
        .route("/_control/requests", get(requests).delete(forget))
        .route("/_control/gateway_token", get(gateway_token))
        .merge(vault::control::router())
        .route_layer(middleware::from_fn_with_state(Arc::clone(sts), authorize))
}

async fn authorize(State(sts): State<Arc<Sts>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    let expected = format!("Bearer {}", sts.faults.control_token);
    if aws_lc_rs::constant_time::verify_slices_are_equal(given, expected.as_bytes()).is_err() {
        return error(StatusCode::UNAUTHORIZED, "the control token is missing or wrong");
    }
    next.run(request).await
}

/// `POST /_control/faults`: `{"endpoint": "refresh_token", "times": 2, "fault": {"kind": "status", "status": 503}}`.
async fn plan(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    let plan: Plan = match serde_json::from_slice(&body) {
        Ok(plan) => plan,
        Err(reason) => return error(StatusCode::BAD_REQUEST, &reason.to_string()),
    };
    match sts.faults.plan(plan.endpoint, plan.times, plan.fault) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(reason) => error(StatusCode::BAD_REQUEST, &reason.to_string()),
    }
}

/// `DELETE /_control/faults`: nothing more goes wrong, what is held is released.
async fn clear(State(sts): State<Arc<Sts>>) -> StatusCode {
    sts.faults.clear();
    StatusCode::NO_CONTENT
}

/// `POST /_control/release`: what is held goes on.
async fn release(State(sts): State<Arc<Sts>>) -> StatusCode {
    sts.faults.release();
    StatusCode::NO_CONTENT
}

/// `GET /_control/requests`: what was asked, oldest first.
async fn requests(State(sts): State<Arc<Sts>>) -> Response {
    Json(sts.requests.all()).into_response()
}

/// `DELETE /_control/requests`.
async fn forget(State(sts): State<Arc<Sts>>) -> StatusCode {
    sts.requests.clear();
    StatusCode::NO_CONTENT
}

/// `GET /_control/gateway_token`: `{"gateway_token": "…"}`.
async fn gateway_token(State(sts): State<Arc<Sts>>) -> Response {
    Json(json!({ "gateway_token": app_token::of_gateway(&sts) })).into_response()
}
