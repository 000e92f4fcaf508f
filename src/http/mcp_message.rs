//! `POST /mcp/message`: a message of HTTP+SSE, or a batch of them. The answers come on the stream.

use std::sync::Arc;

use authorization_server::{
    ground::{AuditEvent, EventName, Holder},
    resource::authenticate::Principal,
};
use http::StatusCode;

use super::{
    app::App,
    bearer,
    metadata::document_url,
    reply::{self, Response, json_rpc_error, json_rpc_error_of, json_rpc_error_to, mcp_unavailable, retry_later},
    request::Incoming,
    resource::Resource,
    too_many::{ErrorFormat, Place, ReachedLimit},
};
use crate::mcp::{NOT_JSON, RequestId, UncheckedMessage, sse::PostError};

const PLACE: Place<'_> = Place { endpoint: "mcp/message", format: ErrorFormat::JsonRpc };

pub(super) async fn post(app: Arc<App>, incoming: Incoming, principal: Principal) -> Response {
    let (Incoming { head, body }, caller) = (incoming, principal.holder());
    if let Err(too_many) = app.limits.take_batch(caller, &body) {
        return ReachedLimit::by_owner("calls-per-minute", caller).answer(&app, PLACE, too_many);
    }
    let message = UncheckedMessage::read(body);
    let id = message.id();
    let query = head.query().ok();
    let session = query.as_ref().and_then(|query| query.single("sessionId").ok().flatten());
    let Some(session) = session else {
        let text = "the query must give sessionId once";
        app.audit.report(&EventName::RequestRefused.event().at(PLACE.endpoint).holder(caller).because(text));
        return json_rpc_error_to(id, StatusCode::BAD_REQUEST, text);
    };
    match app.mcp.sse.post(session, principal, &head.headers, message).await {
        Ok(()) => reply::answer(StatusCode::ACCEPTED, "text/plain", "Accepted"),
        Err(error) => {
            report(&app, &error, caller);
            let document = document_url(&app, Resource::McpSse, &head);
            match &error {
                PostError::InsufficientScope(demand) => bearer::demand_scope(&app, &document, caller, demand),
                PostError::InsufficientClaims(demand) => bearer::demand_claims(&app, &document, caller, demand),
                error => refusal(error, id),
            }
        }
    }
}

/// A challenge is reported where it is made.
fn report(app: &App, error: &PostError, caller: Holder) {
    let report = |event: AuditEvent| app.audit.report(&event.at(PLACE.endpoint).holder(caller));
    let refused = |reason| report(EventName::RequestRefused.event().because(reason));
    match error {
        PostError::UnknownSession => report(EventName::SessionRefused.event()),
        PostError::Busy => report(EventName::LimitReached.event().because("waiting messages of a session")),
        PostError::Exhausted => report(EventName::LimitReached.event().because("memory for requests")),
        PostError::TooLarge => refused("the message would take too much memory"),
        PostError::NotJson => refused(NOT_JSON),
        PostError::Malformed => refused("Invalid Request"),
        PostError::NoBatch(reason) => refused(reason),
        PostError::InsufficientScope(_) | PostError::InsufficientClaims(_) => {}
        PostError::Unavailable(reason) => tracing::warn!(counted = true, %reason, "message not accepted"),
    }
}

fn refusal(error: &PostError, id: Option<RequestId>) -> Response {
    let (text, bad_request) = (error.to_string(), StatusCode::BAD_REQUEST);
    match error {
        PostError::UnknownSession => json_rpc_error_to(id, StatusCode::NOT_FOUND, &text),
        PostError::InsufficientScope(_) => json_rpc_error_to(id, StatusCode::FORBIDDEN, &text),
        PostError::InsufficientClaims(_) => json_rpc_error_to(id, StatusCode::UNAUTHORIZED, &text),
        PostError::NotJson => json_rpc_error_of(id, bad_request, -32700, &text),
        PostError::Malformed | PostError::NoBatch(_) => json_rpc_error_of(id, bad_request, -32600, &text),
        PostError::TooLarge => json_rpc_error(StatusCode::PAYLOAD_TOO_LARGE, &text),
        PostError::Busy | PostError::Exhausted => retry_later(json_rpc_error(StatusCode::SERVICE_UNAVAILABLE, &text)),
        PostError::Unavailable(_) => mcp_unavailable(),
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::ground::Unavailable;

    use super::*;

    #[test]
    fn only_transient_errors_have_retry_after() {
        for (error, status, comes_back) in [
            (PostError::UnknownSession, 404, false),
            (PostError::NotJson, 400, false),
            (PostError::Malformed, 400, false),
            (PostError::NoBatch("empty"), 400, false),
            (PostError::Busy, 503, true),
            (PostError::Exhausted, 503, true),
            (PostError::Unavailable(Unavailable::store("down")), 503, true),
        ] {
            let response = refusal(&error, None);
            let retry = response.headers().contains_key(http::header::RETRY_AFTER);
            assert_eq!((response.status().as_u16(), retry), (status, comes_back), "{error}");
        }
    }
}
