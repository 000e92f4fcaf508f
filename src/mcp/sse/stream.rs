//! One stream, and the MCP session that it carries.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use futures_util::{Stream, stream::poll_fn};
use rmcp::{
    ErrorData,
    model::{ClientJsonRpcMessage, ServerJsonRpcMessage},
    service::serve_server_with_ct,
};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard, PollSender};
use tracing::Instrument as _;

use super::{
    failure,
    in_flight::{Permits, with_permits},
    in_turn::{Answers, CountingOutbox, Turn},
    inbox::{Inbox, Next, Received, WaitingMessage},
    registry::Registration,
    session::Session,
    stream_event::StreamEvent,
    stream_owner::StreamOwner,
};
use crate::mcp::{served::Served, service::Server};

/// Answers that wait for the client to read them.
const OUTBOX: usize = 16;

/// The events of one stream. Dropping it ends the session.
pub struct EventStream {
    endpoint: Option<String>,
    outbox: mpsc::Receiver<ServerJsonRpcMessage>,
    stopped: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    _registration: Registration,
    _stop: DropGuard,
}

/// The parameters of a new stream.
pub(super) struct Start<'a> {
    pub(super) server: Server,
    /// The session id for the client.
    pub(super) name: &'a str,
    pub(super) opened_by: StreamOwner,
    /// The memory that all sessions share.
    pub(super) total_bytes: Arc<Semaphore>,
    pub(super) stop: CancellationToken,
}

impl EventStream {
    /// Starts the session, which serves until it is stopped.
    pub(super) fn start(start: Start<'_>, registration: Registration) -> (Self, Session) {
        let Start { server, name, opened_by, total_bytes, stop } = start;
        let (inbox, received) = Inbox::new(total_bytes, stop.clone());
        let (sender, outbox) = mpsc::channel(OUTBOX);
        tokio::spawn(run(server, sender, received, stop.clone()).in_current_span());
        let stream = Self {
            endpoint: Some(format!("/mcp/message?sessionId={name}")),
            outbox,
            stopped: Box::pin(stop.clone().cancelled_owned()),
            _registration: registration,
            _stop: stop.clone().drop_guard(),
        };
        (stream, Session { opened_by, inbox, stop })
    }

    /// Whether the session has ended. Events may still wait to be read.
    pub fn has_stopped(&mut self) -> bool {
        futures_util::FutureExt::now_or_never(self.stopped.as_mut()).is_some()
    }
}

async fn run(server: Server, sender: mpsc::Sender<ServerJsonRpcMessage>, received: Received, stop: CancellationToken) {
    let received = Arc::new(Mutex::new(received));
    // rmcp may wait until the client reads, so the stop itself releases the memory of waiting messages.
    let discard = async {
        stop.cancelled().await;
        received.lock().unwrap_or_else(PoisonError::into_inner).discard();
    };
    tokio::join!(serve(server, sender, Arc::clone(&received), stop.clone()), discard);
}

/// Serves the session until it ends, and then stops it.
async fn serve(
    server: Server,
    sender: mpsc::Sender<ServerJsonRpcMessage>,
    received: Arc<Mutex<Received>>,
    stop: CancellationToken,
) {
    let ids = received.lock().unwrap_or_else(PoisonError::into_inner).ids();
    let answers = Arc::new(Answers::new(ids));
    let mut source =
        Source { outbox: PollSender::new(sender.clone()), turn: Turn::new(Arc::clone(&answers)), received };
    let transport =
        (CountingOutbox { outbox: PollSender::new(sender), answers }, poll_fn(move |context| source.poll(context)));
    match serve_server_with_ct(Served(server), transport, stop.clone()).await {
        Ok(running) => {
            if let Err(error) = running.waiting().await {
                tracing::error!(reason = failure::of_task(&error), "SSE session ended by an error");
            }
        }
        Err(error) => tracing::info!(reason = failure::of_initialize(&error), "SSE session not initialized"),
    }
    stop.cancel();
}

/// Where rmcp gets the client's messages.
struct Source {
    outbox: PollSender<ServerJsonRpcMessage>,
    turn: Turn,
    received: Arc<Mutex<Received>>,
}

impl Source {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<ClientJsonRpcMessage>> {
        loop {
            // Without this, rmcp would take all messages at once, and keep the answers that cannot be sent yet.
            if ready!(self.outbox.poll_reserve(context)).is_err() {
                return Poll::Ready(None);
            }
            match self.poll_next(context) {
                Poll::Ready(Some(Next::Repeated(id))) => {
                    let refused = ErrorData::invalid_request("Invalid Request: another request uses this id", None);
                    let _ = self.outbox.send_item(ServerJsonRpcMessage::error(refused, Some(id)));
                }
                next => {
                    self.outbox.abort_send();
                    return next.map(|next| next.and_then(|next| self.parsed(next)));
                }
            }
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Next>> {
        ready!(self.turn.poll(context));
        self.received.lock().unwrap_or_else(PoisonError::into_inner).poll(context)
    }

    fn parsed(&mut self, next: Next) -> Option<ClientJsonRpcMessage> {
        let Next::Message(waiting, served) = next else { return None };
        if waiting.is_from_log() {
            self.turn.received(waiting.message.is_request);
        }
        let WaitingMessage { message, open, .. } = *waiting;
        let (message, memory) = message.parse()?;
        Some(with_permits(message, Permits { served, memory, open }))
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
