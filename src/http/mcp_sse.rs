//! `GET /mcp/sse`: the stream of HTTP+SSE, behind the bearer check, for as long as its access token and grant stand.

use std::{sync::Arc, time::Duration};

use authorization_server::resource::authenticate::Principal;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream::poll_fn};
use http::{HeaderValue, StatusCode, header};
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, timeout},
};
use tracing::Instrument as _;

use super::{
    app::App,
    bearer,
    reply::{self, Response, retry_later, temporarily_unavailable},
    request::Incoming,
};
use crate::mcp::sse::{Event, EventStream, OpenError};

const RESOURCE: &str = "/mcp/sse";
/// The Functions host, the front end and APIM cut what is silent for four minutes.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Whether the grant still stands.
const RECHECK: Duration = Duration::from_secs(30);
/// A client that reads nothing for this long is gone.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) async fn get(app: Arc<App>, incoming: Incoming) -> Response {
    let principal = match bearer::principal(&app, bearer::token(&incoming)).await {
        Ok(principal) => principal,
        Err(refusal) => return bearer::challenge(&app, RESOURCE, &refusal),
    };
    let events = match app.mcp.sse.open(principal.clone()).await {
        Ok(events) => events,
        Err(error) => {
            tracing::warn!(%error, owner = %principal.grant.owner, "stream not opened");
            return refusal(&error);
        }
    };
    let (chunks, mut body) = mpsc::channel(1);
    tokio::spawn(pump(app, principal, events, chunks).in_current_span());
    let body = poll_fn(move |context| body.poll_recv(context)).map(Ok::<_, std::convert::Infallible>);
    let mut response = warp::Reply::into_response(warp::reply::stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn refusal(error: &OpenError) -> Response {
    match error {
        OpenError::TooMany => {
            retry_later(reply::answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "too many open streams\n"))
        }
        OpenError::Unavailable(_) => temporarily_unavailable(),
    }
}

/// Carries events to the client until either side ends, the token expires, or the grant is revoked or marked.
async fn pump(app: Arc<App>, principal: Principal, mut events: EventStream, chunks: mpsc::Sender<Bytes>) {
    let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
    let mut recheck = interval_at(Instant::now() + RECHECK, RECHECK);
    let left = principal.expires_at - app.server.now();
    let expiry = tokio::time::sleep(left.try_into().unwrap_or_default());
    tokio::pin!(expiry);
    loop {
        let chunk = tokio::select! {
            event = events.next() => match event {
                Some(event) => encode(&event),
                None => break,
            },
            _ = keep_alive.tick() => Bytes::from_static(b": keep-alive\n\n"),
            _ = recheck.tick() => match app.server.still_stands(&principal).await {
                Ok(false) => break,
                // Every message is checked again when it is posted, so an open stream may outlast an outage.
                Ok(true) | Err(_) => continue,
            },
            () = &mut expiry => break,
            () = chunks.closed() => break,
        };
        if !matches!(timeout(PATIENCE, chunks.send(chunk)).await, Ok(Ok(()))) {
            break;
        }
    }
}

/// JSON has no line breaks of its own, so one `data` line carries a message.
fn encode(event: &Event) -> Bytes {
    match event {
        Event::Endpoint(uri) => format!("event: endpoint\ndata: {uri}\n\n").into(),
        Event::Message(json) => format!("event: message\ndata: {json}\n\n").into(),
    }
}
