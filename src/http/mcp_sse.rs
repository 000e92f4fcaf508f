//! `/mcp/sse`: GET opens the stream of HTTP+SSE. It ends with its access token or its grant.

use std::{sync::Arc, time::Duration};

use authorization_server::{
    ground::{EventName, TooMany},
    resource::authenticate::Principal,
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream::poll_fn};
use http::{Method, StatusCode};
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, timeout},
};
use tracing::Instrument as _;

use super::{
    app::App,
    reply::{Response, json_rpc_error, json_rpc_error_to, mcp_unavailable, retry_later},
    request::Incoming,
    too_many::{ErrorFormat, Place, ReachedLimit},
};
use crate::{
    kept::Kept,
    mcp::{
        UncheckedMessage, event_stream,
        sse::{EventStream, OpenStreamError, StreamEvent},
    },
};

/// How often a comment is sent: the front end and API Management close a stream that is silent for four minutes.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// How often the grant is checked.
const RECHECK_INTERVAL: Duration = Duration::from_secs(30);
/// A stream is closed if its grant could not be checked for this long. The operator's blocks are believed no longer, either.
const UNCHECKED_LIMIT: Duration = Duration::from_mins(1);
/// A stream is closed if its client reads nothing for this long.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// When a client whose owner has too many streams may try again. A stream that its client left is noticed within this time.
const STREAM_RETRY: Duration = READ_TIMEOUT;
const PLACE: Place<'_> = Place { endpoint: "mcp/sse", format: ErrorFormat::JsonRpc };
const TOO_MANY_OF_OWNER: &str = "too many open streams of one user; close one, then try again";

/// In a box, because tokio's channels have room for 32 values from the start.
type Chunk = Box<Bytes>;

pub(super) async fn serve(app: Arc<App>, incoming: Incoming, principal: Principal) -> Response {
    if incoming.method == Method::POST {
        not_streamable_http(&app, incoming, &principal)
    } else {
        get(app, principal).await
    }
}

/// 404 to a client that tries Streamable HTTP here, so that it goes on to HTTP+SSE. Without a token it got the challenge.
fn not_streamable_http(app: &App, incoming: Incoming, principal: &Principal) -> Response {
    let text = "this address speaks HTTP+SSE: open its stream with GET, or use /mcp";
    let event = EventName::RequestRefused.event().at(PLACE.endpoint).holder(principal.holder());
    app.audit.report(&event.because("a message of Streamable HTTP at the address of HTTP+SSE"));
    json_rpc_error_to(UncheckedMessage::read(incoming.body).id(), StatusCode::NOT_FOUND, text)
}

async fn get(app: Arc<App>, principal: Principal) -> Response {
    let events = match app.mcp.sse.open(&principal).await {
        Ok(events) => events,
        Err(error) => {
            return refusal(&app, &principal, &error);
        }
    };
    let (chunks, mut body) = mpsc::channel::<Chunk>(1);
    tokio::spawn(pump(app, principal, events, chunks).in_current_span());
    let body = poll_fn(move |context| body.poll_recv(context)).map(|chunk| Ok::<_, std::convert::Infallible>(*chunk));
    let mut response = warp::Reply::into_response(warp::reply::stream(body));
    event_stream::set_headers(response.headers_mut());
    response
}

fn refusal(app: &App, principal: &Principal, error: &OpenStreamError) -> Response {
    match error {
        OpenStreamError::TooManyOfOwner => {
            let reached =
                ReachedLimit { text: TOO_MANY_OF_OWNER, ..ReachedLimit::by_owner("streams", principal.holder()) };
            reached.answer(app, PLACE, TooMany { wait: STREAM_RETRY })
        }
        OpenStreamError::TooMany => {
            ReachedLimit::by_owner("process-streams", principal.holder()).report(app, PLACE.endpoint);
            too_many_of_all()
        }
        OpenStreamError::Unavailable(_) => {
            app.refused(EventName::LimitReached.event(), None, error);
            mcp_unavailable()
        }
    }
}

fn too_many_of_all() -> Response {
    retry_later(json_rpc_error(StatusCode::SERVICE_UNAVAILABLE, "too many open streams; try again in a few seconds"))
}

/// Ends the stream when its access token or its grant ends, even while the client or the store keeps it waiting.
async fn pump(app: Arc<App>, principal: Principal, events: EventStream, chunks: mpsc::Sender<Chunk>) {
    let left = principal.expires_at - app.server.now();
    let ended = async {
        tokio::select! {
            () = relay(events, chunks) => {}
            () = until_refused(&app, &principal) => {}
        }
    };
    let _ = timeout(left.try_into().unwrap_or_default(), ended).await;
}

/// Waits until the grant does not stand any more, or could not be checked for too long.
async fn until_refused(app: &App, principal: &Principal) {
    let mut recheck = interval_at(Instant::now() + RECHECK_INTERVAL, RECHECK_INTERVAL);
    let mut checked_at = Instant::now();
    loop {
        let at = recheck.tick().await;
        // In a box, because a stream waits most of the time.
        match Box::pin(app.server.still_stands(principal)).await {
            Ok(true) => checked_at = at,
            // A short outage ends no stream: each POST is authenticated by itself.
            Err(_) if at - checked_at < UNCHECKED_LIMIT => {}
            Ok(false) | Err(_) => return,
        }
    }
}

/// Sends events to the client until the client or the session ends.
async fn relay(mut events: EventStream, chunks: mpsc::Sender<Chunk>) {
    let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE_INTERVAL, KEEP_ALIVE_INTERVAL);
    loop {
        let chunk = tokio::select! {
            event = events.next() => match event {
                Some(event) => encode(event),
                None => break,
            },
            _ = keep_alive.tick() => Bytes::from_static(b": keep-alive\n\n"),
            () = chunks.closed() => break,
        };
        if !matches!(timeout(READ_TIMEOUT, chunks.send(Box::new(chunk))).await, Ok(Ok(()))) {
            break;
        }
    }
}

/// JSON has no line breaks of its own, so one `data` line carries a message.
fn encode(event: StreamEvent) -> Bytes {
    match event {
        StreamEvent::Endpoint(uri) => format!("event: endpoint\ndata: {uri}\n\n").into(),
        // hyper drops it when it has written it.
        StreamEvent::Message(json) => {
            let (json, permit) = json.into_parts();
            Bytes::from_owner(Kept::counted([b"event: message\ndata: ", &*json, b"\n\n"].concat(), permit))
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;
    use crate::budget::Budget;

    #[test]
    fn a_stream_that_cannot_be_opened_now_may_be_opened_later() {
        for response in [too_many_of_all(), mcp_unavailable()] {
            let retry = response.headers().contains_key(header::RETRY_AFTER);
            assert_eq!((response.status().as_u16(), retry), (503, true));
        }
    }

    #[test]
    fn an_event_is_one_line_of_data_and_ends_with_an_empty_line() {
        let endpoint = encode(StreamEvent::Endpoint("/mcp/message?sessionId=a.b".into()));
        assert_eq!(endpoint, "event: endpoint\ndata: /mcp/message?sessionId=a.b\n\n");
        let text = serde_json::to_vec("two\nlines\r\n").unwrap();
        let message = Kept::of(text, Budget::new(100).permit()).unwrap();
        assert_eq!(encode(StreamEvent::Message(message)), "event: message\ndata: \"two\\nlines\\r\\n\"\n\n");
    }

    #[test]
    fn a_message_counts_until_its_event_is_written() {
        let budget = Budget::new(10);
        let event = encode(StreamEvent::Message(Kept::of(b"{}".to_vec(), budget.permit()).unwrap()));
        assert_eq!(budget.available(), 8);
        drop(event);
        assert_eq!(budget.available(), 10);
    }
}
