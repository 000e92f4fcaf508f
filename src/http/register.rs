//! `POST /register` (RFC 7591).

use std::sync::Arc;

use authorization_server::{endpoints::register::RegisterError, ground::EventName};
use http::StatusCode;

use super::{
    app::App,
    cors::Cors,
    reply::{Response, json, oauth_error, temporarily_unavailable},
    request::Incoming,
    too_many::{Place, Reached},
};

const PLACE: Place = Place { endpoint: "register", cors: Cors::AnyOrigin };
const WAITING: Reached = Reached {
    limit: "waiting-registrations",
    text: "too many registrations from this network wait for their first use; try again in a minute",
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    match app.server.register(&incoming.body, incoming.from).await {
        Ok(registration) => json(StatusCode::CREATED, &registration),
        Err(RegisterError::TooManyWait(too_many)) => WAITING.answer(&app, PLACE, too_many),
        Err(error) => {
            app.refused(EventName::RegistrationRefused.event(), error.reason(), &error);
            refusal(&error)
        }
    }
}

fn refusal(error: &RegisterError) -> Response {
    match error {
        RegisterError::Metadata(error) => oauth_error(StatusCode::BAD_REQUEST, error.code(), error.description()),
        RegisterError::TooManyWait(_) | RegisterError::Unavailable(_) => temporarily_unavailable(),
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::ground::Unavailable;

    use super::*;

    #[test]
    fn a_store_that_is_down_is_503_with_retry_after() {
        let down = Unavailable::store(String::new());
        let response = refusal(&RegisterError::Unavailable(down));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key(http::header::RETRY_AFTER));
    }
}
