//! `POST /register` (RFC 7591).

use std::sync::Arc;

use authorization_server::register::RegisterError;
use http::StatusCode;

use super::{
    App,
    reply::{Response, json, oauth_error, temporarily_unavailable},
    request::Incoming,
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    let body = match incoming.body {
        Ok(body) => body,
        Err(error) => return oauth_error(StatusCode::BAD_REQUEST, "invalid_client_metadata", error.text()),
    };
    match app.server.register(&body).await {
        Ok(registration) => json(StatusCode::CREATED, &registration),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &RegisterError) -> Response {
    tracing::info!(%error, "registration refused");
    match error {
        RegisterError::Metadata(error) => oauth_error(StatusCode::BAD_REQUEST, error.code(), error.description()),
        RegisterError::Unavailable(_) => temporarily_unavailable(),
    }
}
