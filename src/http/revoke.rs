//! `POST /revoke` (RFC 7009).

use std::sync::Arc;

use authorization_server::{endpoints::revoke::RevokeError, ground::EventName};
use http::{StatusCode, header};
use oauth_protocol::revocation_request::RevocationRequest;

use super::{
    app::App,
    reply::{Response, empty, temporarily_unavailable},
    request::Incoming,
    token::{invalid_client, malformed, unreadable},
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    let form = match incoming.form_alone() {
        Ok(form) => form,
        Err(error) => return unreadable(&app, EventName::RevocationRefused, error),
    };
    let request = match RevocationRequest::parse(&form, incoming.header(header::AUTHORIZATION)) {
        Ok(request) => request,
        Err(error) => return malformed(&app, EventName::RevocationRefused, error),
    };
    match app.server.revoke_token(&request.client_id, &request.token).await {
        Ok(()) => empty(StatusCode::OK),
        Err(RevokeError::UnknownClient) => {
            app.audit.report(&EventName::RevocationRefused.event().because("the client is not registered"));
            invalid_client()
        }
        Err(RevokeError::Unavailable(error)) => {
            tracing::warn!(%error, "token not revoked");
            temporarily_unavailable()
        }
    }
}
