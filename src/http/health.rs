//! `GET /health`: whether the store and the keyring answer, and nothing more.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::{
    app::App,
    reply::{Response, json, retry_later},
    request::Incoming,
};
use crate::ports::records::{Address, Container, ItemStore};

pub(super) async fn get(app: Arc<App>, _: Incoming) -> Response {
    let (store, keyring) = tokio::join!(store_answers(app.records.as_ref()), keyring_answers(&app));
    let word = |answers| if answers { "up" } else { "down" };
    let body = json!({ "store": word(store), "keyring": word(keyring) });
    if store && keyring {
        json(StatusCode::OK, &body)
    } else {
        retry_later(json(StatusCode::SERVICE_UNAVAILABLE, &body))
    }
}

async fn store_answers(records: &dyn ItemStore) -> bool {
    let nothing = Address { container: Container::Clients, partition: "health".into(), id: "health".into() };
    records.get(&nothing).await.inspect_err(|error| tracing::warn!(%error, "the store does not answer")).is_ok()
}

async fn keyring_answers(app: &App) -> bool {
    let sealed = app.server.check_keyring().await;
    sealed.inspect_err(|error| tracing::warn!(%error, "the keyring does not answer")).is_ok()
}
