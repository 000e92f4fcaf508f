//! `POST /mcp/message`: a message of HTTP+SSE. Its answer comes on the stream.

use std::sync::Arc;

use authorization_server::{
    ground::{AuditEvent, EventName},
    resource::authenticate::Principal,
};
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
    let event = EventName::SessionRefused.event().at("mcp/message").grant(principal.grant).client(principal.client);
    match app.mcp.sse.post(session, principal, incoming.body).await {
        Ok(()) => text(StatusCode::ACCEPTED, "Accepted"),
        Err(error) => {
            report(&app, &error, event);
            refusal(&error)
        }
    }
}

fn report(app: &App, error: &PostError, of_caller: AuditEvent) {
    let reported = |name| AuditEvent { name, ..of_caller };
    match error {
        PostError::UnknownSession => app.audit.report(&reported(EventName::SessionRefused)),
        PostError::Busy => app.audit.report(&reported(EventName::LimitReached).because("messages of one stream")),
        PostError::Malformed | PostError::TooLarge => {}
        PostError::Unavailable(reason) => tracing::warn!(%reason, "message not accepted"),
    }
}

fn refusal(error: &PostError) -> Response {
    match error {
        PostError::UnknownSession => text(StatusCode::NOT_FOUND, "no such session\n"),
        PostError::Malformed => text(StatusCode::BAD_REQUEST, "not a JSON-RPC message\n"),
        PostError::TooLarge => text(StatusCode::PAYLOAD_TOO_LARGE, "the message would take too much memory\n"),
        PostError::Busy => retry_later(text(StatusCode::SERVICE_UNAVAILABLE, "the session is busy\n")),
        PostError::Unavailable(_) => temporarily_unavailable(),
    }
}

fn text(status: StatusCode, body: &str) -> Response {
    reply::answer(status, "text/plain", body)
}

#[cfg(test)]
mod tests {
    use authorization_server::ground::Unavailable;

    use super::*;

    #[test]
    fn only_transient_errors_have_retry_after() {
        for (error, status, comes_back) in [
            (PostError::UnknownSession, 404, false),
            (PostError::Malformed, 400, false),
            (PostError::Busy, 503, true),
            (PostError::Unavailable(Unavailable::store("down")), 503, true),
        ] {
            let response = refusal(&error);
            let retry = response.headers().contains_key(http::header::RETRY_AFTER);
            assert_eq!((response.status().as_u16(), retry), (status, comes_back), "{error}");
        }
    }
}
