//! The control API, for programs and tests in another process: faults and the log of requests.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router, body::Bytes, extract::State};
use serde::Deserialize;
use stand_in::control::guarded;

use super::{Endpoint, Fault};
use crate::administration::{self, answer, parse};
use crate::sts::Sts;

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
        .merge(administration::routes());
    guarded(routes, &sts.faults.control_token)
}

/// `POST /_control/faults`: `{"endpoint": "refresh_token", "times": 2, "fault": {"kind": "status", "status": 503}}`.
async fn plan(State(sts): State<Arc<Sts>>, body: Bytes) -> Response {
    answer(parse(&body).and_then(|Plan { endpoint, times, fault }| {
        sts.faults.plan(endpoint, times, fault).map_err(|error| error.to_string())
    }))
}

/// `GET /_control/requests`: what was asked, oldest first.
async fn requests(State(sts): State<Arc<Sts>>) -> Response {
    Json(sts.requests.all()).into_response()
}
