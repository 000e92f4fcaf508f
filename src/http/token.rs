//! `POST /token` (RFC 6749 §3.2).

use std::sync::Arc;

use authorization_server::{
    endpoints::token_error::TokenError,
    ground::{AuditEvent, EventName, Id},
};
use http::{HeaderValue, StatusCode, header};
use oauth_protocol::{
    token_request::{TokenRequest, TokenRequestError},
    token_response::TokenResponse,
};

use super::{
    app::App,
    reply::{Response, json_text, oauth_error, temporarily_unavailable},
    request::{BodyError, Incoming},
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    let form = match incoming.form_alone() {
        Ok(form) => form,
        Err(error) => return unreadable(&app, EventName::TokenRefused, error),
    };
    let request = match TokenRequest::parse(&form, incoming.header(header::AUTHORIZATION)) {
        Ok(request) => request,
        Err(error) => return malformed(&app, EventName::TokenRefused, error),
    };
    match exchange(&app, &request).await {
        Ok(response) => success(&response),
        Err(TokenError::Refused(reason)) => {
            tracing::error!(error = reason, "token request failed: Entra refuses this server");
            refusal(&TokenError::Refused(reason))
        }
        Err(error) => {
            app.refused(of_client(&request, &error), error.reason(), &error);
            refusal(&error)
        }
    }
}

async fn exchange(app: &App, request: &TokenRequest) -> Result<TokenResponse, TokenError> {
    match request {
        TokenRequest::AuthorizationCode(request) => app.server.redeem(request).await,
        TokenRequest::RefreshToken(request) => app.server.refresh(request).await,
    }
}

fn success(response: &TokenResponse) -> Response {
    json_text(StatusCode::OK, response.to_json().as_str())
}

/// Names the client only if it is registered: any other id is whatever its sender wrote.
fn of_client(request: &TokenRequest, error: &TokenError) -> AuditEvent {
    let client = Id::parse(request.client_id()).filter(|_| !matches!(error, TokenError::UnknownClient));
    EventName::TokenRefused.event().client(client)
}

pub(super) fn unreadable(app: &App, event: EventName, error: BodyError) -> Response {
    app.audit.report(&event.event().because(error.text()));
    oauth_error(StatusCode::BAD_REQUEST, "invalid_request", error.text())
}

pub(super) fn malformed(app: &App, event: EventName, error: TokenRequestError) -> Response {
    app.audit.report(&event.event().because(error.description()));
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    challenged(status, error.code(), error.description())
}

fn refusal(error: &TokenError) -> Response {
    let bad_request = |code, text| oauth_error(StatusCode::BAD_REQUEST, code, text);
    match error {
        TokenError::UnknownClient => invalid_client(),
        // One text, so that nobody learns which part of a stolen grant was wrong.
        TokenError::InvalidGrant(_) => {
            bad_request("invalid_grant", "the code, refresh token, redirect URI or verifier is not valid")
        }
        TokenError::InvalidScope => bad_request("invalid_scope", "the scope is wider than what was granted"),
        TokenError::InvalidTarget => bad_request("invalid_target", "resource does not name this server"),
        TokenError::Blocked => bad_request(
            "access_denied",
            "the organisation blocks this; signing in again does not help; an administrator can change it",
        ),
        TokenError::Refused(_) => {
            oauth_error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "Entra ID refuses this server")
        }
        TokenError::Unavailable(_) => temporarily_unavailable(),
    }
}

/// Clients register again when they see it.
pub(super) fn invalid_client() -> Response {
    challenged(StatusCode::UNAUTHORIZED, "invalid_client", "the client is not registered here")
}

/// RFC 6749 §5.2: a 401 names the scheme that the client used, or might have used.
fn challenged(status: StatusCode, code: &'static str, text: &'static str) -> Response {
    let mut response = oauth_error(status, code, text);
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""));
    }
    response
}

#[cfg(test)]
mod tests {
    use authorization_server::ground::Unavailable;

    use super::*;

    fn answer(error: &TokenError) -> (u16, bool) {
        let response = refusal(error);
        (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER))
    }

    #[test]
    fn only_transient_errors_have_retry_after() {
        let down = Unavailable::store(String::new());
        assert_eq!(answer(&TokenError::Unavailable(down)), (503, true));
        assert_eq!(answer(&TokenError::Refused(String::new())), (500, false));
        assert_eq!(answer(&TokenError::UnknownClient), (401, false));
        for error in
            [TokenError::InvalidGrant(""), TokenError::InvalidScope, TokenError::InvalidTarget, TokenError::Blocked]
        {
            assert_eq!(answer(&error), (400, false), "{error}");
        }
    }
}
