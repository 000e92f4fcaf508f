//! Routes.

use std::sync::Arc;

use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router, middleware};
use serde_json::json;

use crate::faults::{control, inject};
use crate::{authorize, console, discovery, graph, identity_endpoint, orders, sts::Sts, token};

/// Every route; whatever is not one is refused.
pub(crate) fn router(sts: &Arc<Sts>) -> Router {
    Router::new()
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::get))
        .route("/{tenant}/login", post(authorize::login))
        .route("/{tenant}/oauth2/v2.0/token", post(token::post).fallback(token::not_post))
        .route("/msi/token", get(identity_endpoint::get))
        .route("/v1.0/me", get(graph::me).fallback(graph::other_method))
        .route("/v1.0/me/calendarView", get(graph::calendar_view::get).fallback(graph::other_method))
        .route("/v1.0/me/contacts", get(graph::contacts::get).fallback(graph::other_method))
        .route("/v1.0/me/messages", get(graph::messages::get).fallback(graph::other_method))
        .route("/v1.0/{*path}", any(graph::other))
        .route("/beta/{*path}", any(graph::other))
        .route("/contoso/orders", get(orders::get))
        .merge(control::router(sts))
        .method_not_allowed_fallback(not_implemented)
        .fallback(not_implemented)
        .layer(middleware::from_fn_with_state(Arc::clone(sts), inject::intercept))
        .merge(console::router(sts))
        .with_state(Arc::clone(sts))
}

async fn not_implemented(method: Method, uri: Uri) -> Response {
    let message = format!("{method} {} is not implemented by the local tenant.", uri.path());
    let body = Json(json!({ "error": { "code": "NotImplemented", "message": message } }));
    (StatusCode::NOT_IMPLEMENTED, body).into_response()
}
