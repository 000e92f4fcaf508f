//! `POST /mcp`: Streamable HTTP without sessions. GET and DELETE are 405, because there is no stream.

use std::sync::Arc;

use authorization_server::{ground::EventName, resource::authenticate::Principal};
use http::StatusCode;

use super::{
    app::App,
    reply::{Response, busy, oauth_error},
    request::{Head, Incoming},
};
use crate::mcp::{Call, CallError};

pub(super) async fn post(app: Arc<App>, incoming: Incoming, principal: Principal) -> Response {
    let Incoming { head: Head { path, headers, .. }, body } = incoming;
    let answered = match app.mcp.streamable_http.call(Call { path, headers, body, principal }).await {
        Ok(answered) => answered,
        Err(CallError::TooLarge) => {
            let text = "the message would take too much memory";
            return oauth_error(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", text);
        }
        Err(CallError::Exhausted) => {
            app.audit.report(&EventName::LimitReached.event().at("mcp").because("memory for requests"));
            return busy();
        }
    };
    let (parts, body) = answered.into_parts();
    let mut response = warp::Reply::into_response(warp::reply::stream(http_body_util::BodyDataStream::new(body)));
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    response
}
