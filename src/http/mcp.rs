//! `POST /mcp`: Streamable HTTP without sessions. GET and DELETE are 405, because there is no stream.

use std::sync::Arc;

use authorization_server::resource::authenticate::Principal;
use http::StatusCode;

use super::{
    app::App,
    reply::{self, Response},
    request::Incoming,
};
use crate::mcp::Call;

pub(super) async fn post(app: Arc<App>, incoming: Incoming, principal: Principal) -> Response {
    let body = match incoming.body {
        Ok(body) => body,
        Err(error) => return reply::answer(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", error.text()),
    };
    let answered =
        app.mcp.streamable_http.call(Call { path: incoming.path, headers: incoming.headers, body, principal }).await;
    let (parts, body) = answered.into_parts();
    let mut response = warp::Reply::into_response(warp::reply::stream(http_body_util::BodyDataStream::new(body)));
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    response
}
