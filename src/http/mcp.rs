//! `POST /mcp`: Streamable HTTP without sessions. GET and DELETE are 405, because there is no stream.

use std::{convert::Infallible, sync::Arc};

use authorization_server::{ground::EventName, resource::authenticate::Principal};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyDataStream, BodyExt as _};
use hyper::body::Body;

use super::{
    app::App,
    bearer,
    metadata::document_url,
    reply::{Response, json_rpc_error, mcp_busy, mcp_unavailable},
    request::Incoming,
    resource::Resource,
    too_many::{ErrorFormat, Place, ReachedLimit},
};
use crate::mcp::{Call, CallError};

const PLACE: Place<'_> = Place { endpoint: "mcp", format: ErrorFormat::JsonRpc };

pub(super) async fn post(app: Arc<App>, incoming: Incoming, principal: Principal) -> Response {
    let (Incoming { mut head, body }, caller) = (incoming, principal.holder());
    if let Err(too_many) = app.limits.take_batch(caller, &body) {
        return ReachedLimit::by_owner("calls-per-minute", caller).answer(&app, PLACE, too_many);
    }
    match app.mcp.streamable_http.call(Call { headers: std::mem::take(&mut head.headers), body, principal }).await {
        Ok(answered) => {
            let (parts, body) = answered.into_parts();
            let (_, body) = encoded(body).await.into_parts();
            Response::from_parts(parts, body)
        }
        Err(CallError::InsufficientScope(demand)) => {
            bearer::demand_scope(&app, &document_url(&app, Resource::Mcp, &head), caller, &demand)
        }
        Err(CallError::InsufficientClaims(demand)) => {
            bearer::demand_claims(&app, &document_url(&app, Resource::Mcp, &head), caller, &demand)
        }
        Err(CallError::Stopping) => mcp_unavailable(),
        Err(CallError::TooLarge) => {
            let text = "the message would take too much memory";
            app.audit.report(&EventName::RequestRefused.event().at(PLACE.endpoint).holder(caller).because(text));
            json_rpc_error(StatusCode::PAYLOAD_TOO_LARGE, text)
        }
        Err(CallError::Exhausted) => {
            app.audit.report(&EventName::LimitReached.event().at("mcp").holder(caller).because("memory for requests"));
            mcp_busy()
        }
    }
}

/// JSON counts until it was sent, so its length must be known. What waits of a stream counts elsewhere.
async fn encoded(body: impl Body<Data = Bytes, Error = Infallible> + Send + Sync + 'static) -> Response {
    if body.size_hint().exact().is_none() {
        return warp::Reply::into_response(warp::reply::stream(BodyDataStream::new(body)));
    }
    let Ok(text) = body.collect().await;
    Response::new(text.to_bytes().into())
}
