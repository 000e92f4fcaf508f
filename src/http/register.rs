//! `POST /register` (RFC 7591).

use std::sync::Arc;

use authorization_server::{endpoints::register::RegisterError, ground::EventName};
use http::StatusCode;

use super::{
    app::App,
    reply::{Response, json, oauth_error, retry_later, temporarily_unavailable},
    request::Incoming,
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    if !app.limits.take_registration() {
        app.audit.report(&EventName::LimitReached.event().at("register").because("registrations of all callers"));
        let text = "too many registrations; try again in a minute";
        return retry_later(oauth_error(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", text));
    }
    match app.server.register(&incoming.body).await {
        Ok(registration) => json(StatusCode::CREATED, &registration),
        Err(error) => {
            app.refused(EventName::RegistrationRefused.event(), error.reason(), &error);
            refusal(&error)
        }
    }
}

fn refusal(error: &RegisterError) -> Response {
    match error {
        RegisterError::Metadata(error) => oauth_error(StatusCode::BAD_REQUEST, error.code(), error.description()),
        RegisterError::Unavailable(_) => temporarily_unavailable(),
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
