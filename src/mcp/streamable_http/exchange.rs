//! One request and its answer: rmcp serves it, and its messages become the response.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::stream::unfold;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use rmcp::{
    RoleServer,
    model::{
        ClientJsonRpcMessage, ErrorCode, InitializeRequestParams, JsonRpcMessage, ProtocolVersion, ServerJsonRpcMessage,
    },
    service::{Service, serve_directly_with_ct},
    transport::OneshotTransport,
};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument as _;

use crate::mcp::json_rpc::{Body, accepted, json};

/// Messages that wait for the client to read them. Progress beyond that is dropped; there is always a place for the answer.
const WAITING_MESSAGES: usize = 17;
/// How often a comment is sent on a silent stream.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// A request that is served.
pub(super) struct Exchange {
    messages: mpsc::Receiver<ServerJsonRpcMessage>,
    is_stateless: bool,
    /// Ends the request when the client is gone.
    _disconnect: Option<DropGuard>,
}

impl Exchange {
    /// Serves a request in this revision, until it is answered or the token is cancelled. `held` is dropped when nothing of the
    /// request runs any more.
    pub(super) fn begin<S: Service<RoleServer>>(
        server: S,
        request: ClientJsonRpcMessage,
        revision: ProtocolVersion,
        token: CancellationToken,
        held: impl Send + 'static,
    ) -> Self {
        let is_stateless = !revision.has_initialize();
        let mut client = InitializeRequestParams::default();
        client.protocol_version = revision;
        let (transport, mut answers) = OneshotTransport::new(request);
        let served = serve_directly_with_ct(server, transport, Some(client), token.clone());
        let (sender, messages) = mpsc::channel(WAITING_MESSAGES);
        let disconnect = is_stateless.then(|| token.clone().drop_guard());
        let run = async move {
            forward(&mut answers, &sender, &token).await;
            token.cancel();
            // rmcp may still send, so `answers` must not be dropped before.
            let _ = served.waiting().await;
            drop(held);
        };
        tokio::spawn(run.in_current_span());
        Self { messages, is_stateless, _disconnect: disconnect }
    }

    /// The response: JSON, or a stream of events if there are messages before the answer.
    pub(super) async fn response(mut self) -> Response<Body> {
        match self.messages.recv().await {
            Some(answer) if is_answer(&answer) => json(self.status(&answer), &answer),
            Some(first) => self.stream(first),
            // Cancelled: MCP wants no answer then.
            None => accepted(),
        }
    }

    /// The answer alone; `None` if there is none, because the request was cancelled.
    pub(super) async fn answer(mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let message = self.messages.recv().await?;
            if is_answer(&message) {
                return Some(message);
            }
        }
    }

    /// Only 2026-07-28 gives errors of JSON-RPC a status of their own.
    fn status(&self, answer: &ServerJsonRpcMessage) -> StatusCode {
        let JsonRpcMessage::Error(error) = answer else { return StatusCode::OK };
        match error.error.code {
            _ if !self.is_stateless => StatusCode::OK,
            ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
            ErrorCode::HEADER_MISMATCH
            | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
            | ErrorCode::UNSUPPORTED_PROTOCOL_VERSION => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        }
    }

    fn stream(self, first: ServerJsonRpcMessage) -> Response<Body> {
        let events = unfold((Some(first), self), |(first, mut exchange)| async move {
            let next = match first {
                Some(message) => Ok(Some(message)),
                None => timeout(KEEP_ALIVE_INTERVAL, exchange.messages.recv()).await,
            };
            let text = match next {
                Ok(message) => format!("data: {}\n\n", serde_json::to_string(&message?).ok()?),
                Err(_) => ": keep-alive\n\n".to_owned(),
            };
            Some((Ok::<_, Infallible>(Frame::data(Bytes::from(text))), (None, exchange)))
        });
        let mut response = Response::new(StreamBody::new(events).boxed());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
    }
}

/// Passes messages on, up to the answer. It never waits for the client.
async fn forward(
    answers: &mut mpsc::Receiver<ServerJsonRpcMessage>,
    to: &mpsc::Sender<ServerJsonRpcMessage>,
    token: &CancellationToken,
) {
    loop {
        let message = tokio::select! {
            message = answers.recv() => message,
            () = token.cancelled() => None,
        };
        let Some(message) = message else { return };
        let is_last = is_answer(&message);
        if is_last || to.capacity() > 1 {
            let _ = to.try_send(message);
        }
        if is_last {
            return;
        }
    }
}

fn is_answer(message: &ServerJsonRpcMessage) -> bool {
    matches!(message, JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_))
}
