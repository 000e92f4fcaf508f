//! `POST /revoke` (RFC 7009).

use std::sync::Arc;

use authorization_server::endpoints::revoke::RevokeError;
use http::{StatusCode, header};
use oauth_protocol::revocation_request::RevocationRequest;

use super::{
    app::App,
    reply::{Response, empty, oauth_error, temporarily_unavailable},
    request::Incoming,
    token::{invalid_client, malformed},
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    let form = match incoming.form_alone() {
        Ok(form) => form,
        Err(error) => return oauth_error(StatusCode::BAD_REQUEST, "invalid_request", error.text()),
    };
    let request = match RevocationRequest::parse(&form, incoming.header(header::AUTHORIZATION)) {
        Ok(request) => request,
        Err(error) => return malformed(error),
    };
    match app.server.revoke_token(&request.client_id, &request.token).await {
        Ok(()) => empty(StatusCode::OK),
        Err(RevokeError::UnknownClient) => invalid_client(),
        Err(RevokeError::Unavailable(error)) => {
            tracing::warn!(%error, "token not revoked");
            temporarily_unavailable()
        }
    }
}
