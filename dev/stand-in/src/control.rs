//! The control API of a stand-in, for tests in another process.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router, middleware, middleware::Next};
use serde_json::json;

/// Answers only requests with `Authorization: Bearer` and this token, so that no page in a browser can use these routes.
pub fn guarded<S: Clone + Send + Sync + 'static>(routes: Router<S>, token: &str) -> Router<S> {
    let expected: Arc<str> = format!("Bearer {token}").into();
    routes.route_layer(middleware::from_fn_with_state(expected, authorize))
}

async fn authorize(State(expected): State<Arc<str>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
    if aws_lc_rs::constant_time::verify_slices_are_equal(given, expected.as_bytes()).is_err() {
        return refuse(StatusCode::UNAUTHORIZED, "the control token is missing or wrong");
    }
    next.run(request).await
}

/// `{"error": message}`.
#[must_use]
pub fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "error": message }))).into_response()
}
