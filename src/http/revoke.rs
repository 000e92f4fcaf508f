//! `POST /revoke` (RFC 7009).

use std::sync::Arc;

use authorization_server::{endpoints::revoke::RevokeError, ground::EventName};
use http::StatusCode;
use oauth_protocol::revocation_request::RevocationRequest;

use super::{
    app::App,
    authorize::DOCUMENT_LIMIT,
    client_form,
    reply::{Response, empty, temporarily_unavailable},
    request::Incoming,
};

pub(super) async fn post(app: Arc<App>, incoming: Incoming) -> Response {
    let request = client_form::read(&incoming, RevocationRequest::parse);
    let token = request.as_ref().ok().map(|request| &request.token);
    if let Some(refused) = client_form::over_limit(&app, "revoke", &incoming, token).await {
        return refused;
    }
    let request = match request {
        Ok(request) => request,
        Err(refusal) => return client_form::malformed(&app, EventName::RevocationRefused, &refusal),
    };
    let Err(error) = app.server.revoke_token(&request, incoming.from).await else { return empty(StatusCode::OK) };
    match &error {
        RevokeError::TooManyDocuments(_) => DOCUMENT_LIMIT.report(&app, "revoke"),
        _ => app.refused(EventName::RevocationRefused.event(), error.reason(), &error),
    }
    match error {
        RevokeError::UnknownClient => client_form::unknown_client(),
        RevokeError::UnauthenticatedClient(reason) => client_form::invalid_client(reason),
        RevokeError::TooManyDocuments(too_many) => client_form::too_many_documents(too_many),
        RevokeError::Unavailable(_) => temporarily_unavailable(),
    }
}
