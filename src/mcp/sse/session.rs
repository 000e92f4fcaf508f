//! One stream, and the MCP session that it carries.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use authorization_server::{ground::Id, resource::authenticate::Principal};
use futures_util::{Stream, stream::poll_fn};
use rmcp::{model::ServerJsonRpcMessage, service::serve_server_with_ct};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard, PollSender};
use tracing::Instrument as _;

use super::{
    StreamEvent, failure,
    in_flight::{InPlace, with_place},
    in_turn::{Answers, Counted, Turn},
    inbox::{Inbox, Received},
    sessions::Sessions,
};
use crate::mcp::server::McpServer;

/// Messages that wait in either direction. A client that never reads stops its own session, and costs no more than these.
pub(super) const WAITING: usize = 16;

/// What the registry knows of a session.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) opened_by: Principal,
    pub(super) inbox: Inbox,
    pub(super) stop: CancellationToken,
}

impl Session {
    /// Whether the stream was opened for the same owner by the same client.
    pub(super) fn is_of(&self, principal: &Principal) -> bool {
        self.opened_by.grant.owner == principal.grant.owner && self.opened_by.client == principal.client
    }
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
    /// Starts the session that this id names in the registry; `name` is what the client calls it.
    pub(super) fn start(sessions: Arc<Sessions>, id: Id, name: &str, opened_by: Principal) -> (Self, Session) {
        let stop = sessions.stop.child_token();
        let (inbox, received) = Inbox::new(Arc::clone(&sessions.room), stop.clone());
        let (sent, outbox) = mpsc::channel(WAITING);
        tokio::spawn(run(sessions.server.clone(), sent, received, stop.clone()).in_current_span());
        let stream = Self {
            endpoint: Some(format!("/mcp/message?sessionId={name}")),
            outbox,
            stopped: Box::pin(stop.clone().cancelled_owned()),
            _registered: Registered { sessions, id },
            _stop: stop.clone().drop_guard(),
        };
        (stream, Session { opened_by, inbox, stop })
    }
}

async fn run(server: McpServer, sent: mpsc::Sender<ServerJsonRpcMessage>, received: Received, stop: CancellationToken) {
    let received = Arc::new(Mutex::new(received));
    // What still waits goes at once: rmcp may be held up until the client reads, or is gone.
    let discard = async {
        stop.cancelled().await;
        received.lock().unwrap_or_else(PoisonError::into_inner).discard();
    };
    tokio::join!(serve(server, sent, Arc::clone(&received), stop.clone()), discard);
}

/// Serves the session until it stops, or stops it.
async fn serve(
    server: McpServer,
    sent: mpsc::Sender<ServerJsonRpcMessage>,
    received: Arc<Mutex<Received>>,
    stop: CancellationToken,
) {
    let answers = Arc::<Answers>::default();
    let mut turn = Turn::new(Arc::clone(&answers));
    let mut outbox = PollSender::new(sent.clone());
    let receive = poll_fn(move |context| {
        // rmcp would take every message at once, and keep the answers that cannot be sent yet.
        if ready!(outbox.poll_reserve(context)).is_err() {
            return Poll::Ready(None);
        }
        outbox.abort_send();
        ready!(turn.poll(context));
        let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((waiting, place)) = ready!(received.poll(context)) else { return Poll::Ready(None) };
        if waiting.is_from_elsewhere() {
            turn.received(&waiting.message);
        }
        let message = waiting.message.parse();
        Poll::Ready(match place {
            Some(place) => message.map(|message| with_place(message, place)),
            None => message,
        })
    });
    let transport = (Counted { outbox: PollSender::new(sent), answers }, receive);
    match serve_server_with_ct(InPlace(server), transport, stop.clone()).await {
        Ok(running) => {
            if let Err(error) = running.waiting().await {
                tracing::error!(reason = failure::of_task(&error), "an SSE session broke down");
            }
        }
        Err(error) => tracing::info!(reason = failure::of_initialize(&error), "an SSE session was not initialized"),
    }
    stop.cancel();
}

#[cfg(test)]
impl EventStream {
    /// Whether it ends, once what it has is read.
    pub(super) fn has_stopped(&mut self) -> bool {
        futures_util::FutureExt::now_or_never(self.stopped.as_mut()).is_some()
    }
}

impl Stream for EventStream {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        if let Some(endpoint) = self.endpoint.take() {
            return Poll::Ready(Some(StreamEvent::Endpoint(endpoint)));
        }
        match self.outbox.poll_recv(context) {
            Poll::Ready(Some(message)) => match serde_json::to_string(&message) {
                Ok(text) => Poll::Ready(Some(StreamEvent::Message(text))),
                Err(_) => Poll::Ready(None),
            },
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => self.stopped.as_mut().poll(context).map(|()| None),
        }
    }
}
