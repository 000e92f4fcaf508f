//! One stream, and the MCP session that it carries.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use authorization_server::{authenticate::Principal, id::Id};
use futures_util::{Stream, stream::poll_fn};
use rmcp::{
    model::{ClientJsonRpcMessage, GetExtensions as _, ServerJsonRpcMessage},
    service::serve_server_with_ct,
};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard, PollSender};

use super::{Event, sessions::Sessions};
use crate::mcp::server::McpServer;

/// Messages that wait in either direction. A client that never reads stops its own session, and costs no more than these.
const WAITING: usize = 16;

/// What the registry knows of a session.
pub(super) struct Session {
    pub(super) opened_by: Principal,
    pub(super) inbox: mpsc::Sender<ClientJsonRpcMessage>,
    pub(super) stop: CancellationToken,
}

/// The events of one stream. Dropping it ends the session.
pub struct EventStream {
    endpoint: Option<String>,
    outbox: mpsc::Receiver<ServerJsonRpcMessage>,
    stopped: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    _registered: Registered,
    _stop: DropGuard,
}

/// Takes the session out of the registry with the stream.
struct Registered {
    sessions: Arc<Sessions>,
    id: Id,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.sessions.remove(self.id);
    }
}

impl EventStream {
    /// Starts a session.
    pub(super) fn start(server: McpServer, id: Id, opened_by: Principal, sessions: Arc<Sessions>) -> (Self, Session) {
        let (inbox, received) = mpsc::channel(WAITING);
        let (sent, outbox) = mpsc::channel(WAITING);
        let stop = sessions.stop.child_token();
        tokio::spawn(run(server, sent, received, stop.clone()));
        let stream = Self {
            endpoint: Some(format!("/mcp/message?sessionId={id}")),
            outbox,
            stopped: Box::pin(stop.clone().cancelled_owned()),
            _registered: Registered { sessions, id },
            _stop: stop.clone().drop_guard(),
        };
        (stream, Session { opened_by, inbox, stop })
    }
}

async fn run(
    server: McpServer,
    sent: mpsc::Sender<ServerJsonRpcMessage>,
    mut received: mpsc::Receiver<ClientJsonRpcMessage>,
    stop: CancellationToken,
) {
    let transport = (PollSender::new(sent), poll_fn(move |context| received.poll_recv(context)));
    match serve_server_with_ct(server, transport, stop.clone()).await {
        Ok(running) => {
            if let Err(error) = running.waiting().await {
                tracing::error!(%error, "an SSE session broke down");
            }
        }
        Err(error) => tracing::info!(%error, "an SSE session was not initialized"),
    }
    stop.cancel();
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Some(endpoint) = self.endpoint.take() {
            return Poll::Ready(Some(Event::Endpoint(endpoint)));
        }
        match self.outbox.poll_recv(context) {
            Poll::Ready(Some(message)) => match serde_json::to_string(&message) {
                Ok(text) => Poll::Ready(Some(Event::Message(text))),
                Err(_) => Poll::Ready(None),
            },
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => self.stopped.as_mut().poll(context).map(|()| None),
        }
    }
}

/// The principal of a POST goes with its message; nothing in the message itself says who calls.
pub(super) fn with_principal(mut message: ClientJsonRpcMessage, principal: Principal) -> ClientJsonRpcMessage {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.extensions.insert(principal);
    match &mut message {
        ClientJsonRpcMessage::Request(request) => {
            request.request.extensions_mut().insert(parts);
        }
        ClientJsonRpcMessage::Notification(notification) => {
            notification.notification.extensions_mut().insert(parts);
        }
        ClientJsonRpcMessage::Response(_) | ClientJsonRpcMessage::Error(_) => {}
    }
    message
}
