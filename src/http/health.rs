//! `GET /health`: whether the store and the keyring answer, and nothing more.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::{
    app::App,
    health_check::Health,
    reply::{Response, json, retry_later},
    request::Incoming,
};

pub(super) async fn get(app: Arc<App>, _: Incoming) -> Response {
    let Health { store, keyring } = app.health.probed().await;
    let word = |answers| if answers { "up" } else { "down" };
    let body = json!({ "store": word(store), "keyring": word(keyring) });
    if store && keyring {
        json(StatusCode::OK, &body)
    } else {
        retry_later(json(StatusCode::SERVICE_UNAVAILABLE, &body))
    }
}
