//! `POST /token` (RFC 6749 §3.2).

use std::sync::Arc;

use authorization_server::{
    endpoints::token_error::TokenError,
    ground::{AuditEvent, EventName, Network},
    state::client::ClientId,
};
use http::StatusCode;
use oauth_protocol::{token_request::TokenRequest, token_response::TokenResponse};

use super::{
    app::App,
    authorize::DOCUMENT_LIMIT,
    client_form,
    reply::{Response, json_text, oauth_error, retry_later, temporarily_unavailable},
    request::Incoming,
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    let request = client_form::read(&incoming, TokenRequest::parse);
    let token = match &request {
        Ok(TokenRequest::RefreshToken(request)) => Some(&request.refresh_token),
        Ok(TokenRequest::AuthorizationCode(_)) | Err(_) => None,
    };
    if let Some(refused) = client_form::over_limit(&app, "token", &incoming, token).await {
        return refused;
    }
    match request {
        Ok(request) => answer(&app, &request, incoming.from).await,
        Err(refusal) => client_form::malformed(&app, EventName::TokenRefused, &refusal),
    }
}

async fn answer(app: &App, request: &TokenRequest, from: Network) -> Response {
    match exchange(app, request, from).await {
        Ok(response) => success(&response),
        // The limit has an event of its own.
        Err(error @ TokenError::TooManyDocuments(_)) => {
            DOCUMENT_LIMIT.report(app, "token");
            refusal(&error)
        }
        Err(error) => {
            // What Entra says is logged where its answer is read.
            let of_entra = matches!(error, TokenError::Refused(_)).then_some("Entra refuses this server");
            app.refused(of_client(request, &error), of_entra.or(error.reason()), &error);
            refusal(&error)
        }
    }
}

async fn exchange(app: &App, request: &TokenRequest, from: Network) -> Result<TokenResponse, TokenError> {
    match request {
        TokenRequest::AuthorizationCode(request) => app.server.redeem(request, from).await,
        TokenRequest::RefreshToken(request) => app.server.refresh(request, from).await,
    }
}

fn success(response: &TokenResponse) -> Response {
    json_text(StatusCode::OK, response.to_json().as_str().to_owned())
}

/// Names the client only if it is known: its sender may have made up any other id.
fn of_client(request: &TokenRequest, error: &TokenError) -> AuditEvent {
    let known = ClientId::parse(request.client_id());
    let unproven = matches!(error, TokenError::UnknownClient | TokenError::UnauthenticatedClient(_));
    let client = known.map(|client_id| client_id.key()).filter(|_| !unproven);
    EventName::TokenRefused.event().client(client)
}

fn refusal(error: &TokenError) -> Response {
    let bad_request = |code, text| oauth_error(StatusCode::BAD_REQUEST, code, text);
    match error {
        TokenError::UnknownClient => client_form::unknown_client(),
        TokenError::UnauthenticatedClient(reason) => client_form::invalid_client(reason),
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
        TokenError::ClientBlocked => bad_request(
            "access_denied",
            "the operator of this server has blocked this client; neither registering nor signing in again helps",
        ),
        TokenError::Refused(_) => retry_later(oauth_error(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "Entra ID refuses this server; signing in does not help; its administrator can find the reason in its log",
        )),
        TokenError::TooManyDocuments(too_many) => client_form::too_many_documents(*too_many),
        TokenError::Unavailable(_) => temporarily_unavailable(),
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::ground::{TooMany, Unavailable};
    use http::header;

    use super::*;

    fn answer(error: &TokenError) -> (u16, bool) {
        let response = refusal(error);
        (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER))
    }

    #[test]
    fn only_errors_at_which_a_client_should_come_back_have_retry_after() {
        let down = Unavailable::store(String::new());
        assert_eq!(answer(&TokenError::Unavailable(down)), (503, true));
        let too_many = refusal(&TokenError::TooManyDocuments(TooMany { wait: std::time::Duration::from_secs(7) }));
        assert_eq!(
            (too_many.status().as_u16(), &too_many.headers()[header::RETRY_AFTER]),
            (503, &"7".parse().unwrap())
        );
        assert_eq!(answer(&TokenError::Refused(String::new())), (503, true));
        assert_eq!(answer(&TokenError::UnknownClient), (401, false));
        assert_eq!(answer(&TokenError::UnauthenticatedClient("why")), (401, false));
        for error in [
            TokenError::InvalidGrant(""),
            TokenError::InvalidScope,
            TokenError::InvalidTarget,
            TokenError::Blocked,
            TokenError::ClientBlocked,
        ] {
            assert_eq!(answer(&error), (400, false), "{error}");
        }
    }
}
