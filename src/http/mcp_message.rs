//! `POST /mcp/message`: a message of HTTP+SSE. Its answer comes on the stream.

use std::sync::Arc;

use authorization_server::resource::authenticate::Principal;
use http::StatusCode;

use super::{
    app::App,
    reply::{self, Response, retry_later, temporarily_unavailable},
    request::Incoming,
};
use crate::mcp::sse::PostError;

pub(super) async fn post(app: Arc<App>, incoming: Incoming, principal: Principal) -> Response {
    let query = incoming.query().ok();
    let session = query.as_ref().and_then(|query| query.single("sessionId").ok().flatten());
    let Some(session) = session else {
        return text(StatusCode::BAD_REQUEST, "sessionId must be given once\n");
    };
    let body = match incoming.body {
        Ok(body) => body,
        Err(error) => return text(StatusCode::PAYLOAD_TOO_LARGE, error.text()),
    };
    match app.mcp.sse.post(session, principal, &body).await {
        Ok(()) => text(StatusCode::ACCEPTED, "Accepted"),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &PostError) -> Response {
    match error {
        PostError::UnknownSession => text(StatusCode::NOT_FOUND, "no such session\n"),
        PostError::Malformed => text(StatusCode::BAD_REQUEST, "not a JSON-RPC message\n"),
        PostError::Busy => retry_later(text(StatusCode::SERVICE_UNAVAILABLE, "the session is busy\n")),
        PostError::Unavailable(reason) => {
            tracing::warn!(%reason, "message not accepted");
            temporarily_unavailable()
        }
    }
}

fn text(status: StatusCode, body: &str) -> Response {
    reply::answer(status, "text/plain", body)
}
