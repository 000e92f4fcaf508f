//! `POST /register` (RFC 7591).

use std::sync::Arc;

use authorization_server::{endpoints::register::RegisterError, ground::EventName};
use http::StatusCode;
use oauth_protocol::client_metadata::{ClientMetadata, RegistrationError};

use super::{
    app::App,
    pages::Texts,
    reply::{Response, json, oauth_error, temporarily_unavailable},
    request::Incoming,
    too_many::{ErrorFormat, Place, ReachedLimit},
};

const PLACE: Place<'_> = Place { endpoint: "register", format: ErrorFormat::OAuth };
/// Clients that wait for their first use.
pub(super) const WAITING_LIMIT: ReachedLimit = ReachedLimit {
    limit: "waiting-registrations",
    text: "too many registrations from this network wait for their first use; try again in a minute",
    on_page: Texts::too_many,
    of: None,
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    let metadata = match ClientMetadata::from_json(&incoming.body, app.server.schemes(), app.server.base()) {
        Ok(metadata) => metadata,
        Err(error) => return malformed(&app, &error),
    };
    match app.server.register(metadata, incoming.from).await {
        Ok(registration) => json(StatusCode::CREATED, &registration),
        Err(RegisterError::TooManyWait(too_many)) => WAITING_LIMIT.answer(&app, PLACE, too_many),
        Err(error) => {
            app.refused(EventName::RegistrationRefused.event(), error.reason(), &error);
            temporarily_unavailable()
        }
    }
}

/// RFC 7591 §3.2.2.
fn malformed(app: &App, error: &RegistrationError) -> Response {
    app.audit.report(&EventName::RegistrationRefused.event().because(error.description()));
    oauth_error(StatusCode::BAD_REQUEST, error.code(), error.description())
}
