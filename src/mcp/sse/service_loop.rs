//! rmcp's service loop, which serves the messages of a session.
//!
//! The loop has channels of 20 KB. So it ends when no message waits and no request is under way, and the next message starts
//! another one: most streams are idle most of the time.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use futures_util::{Sink, Stream, future::poll_fn, stream};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientJsonRpcMessage, ClientRequest, InitializeRequestParams, ProtocolVersion, RequestId, ServerJsonRpcMessage,
    },
    service::{QuitReason, RunningService, ServerInitializeError, serve_directly_with_ct, serve_server_with_ct},
};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::{
    failure,
    in_flight::{Permits, with_permits},
    in_turn::{Answers, CountingOutbox, Turn},
    inbox::{NextMessage, Received},
    outbox::Outbox,
    waiting_message::WaitingMessage,
};
use crate::mcp::{served::Served, service::Server};

/// Serves the session until it ends, and then stops it.
pub(super) async fn run(server: Server, outbox: Outbox, received: Received, stop: CancellationToken) {
    let session = ServedSession { server, outbox, received: Arc::new(Mutex::new(received)), stop };
    // rmcp may wait for calls that run, so the stop itself releases the memory of waiting messages.
    let discard = async {
        session.stop.cancelled().await;
        lock(&session.received).discard();
    };
    let serve = async {
        let _ended = session.stop.clone().drop_guard();
        session.serve().await;
    };
    tokio::join!(serve, discard);
}

/// A session while it is served.
struct ServedSession {
    server: Server,
    outbox: Outbox,
    received: Arc<Mutex<Received>>,
    stop: CancellationToken,
}

/// The revision that an initialized session has.
type Initialized = Option<ProtocolVersion>;

impl ServedSession {
    async fn serve(&self) {
        let mut revision = None;
        while poll_fn(|context| lock(&self.received).poll_waiting(context)).await {
            // In a box, because an idle session has no loop.
            match Box::pin(self.serve_messages(revision)).await {
                Some(next) => revision = next,
                None => return,
            }
        }
    }

    /// Serves the messages that wait, up to the next time that the session is idle. `None` if the session has ended.
    async fn serve_messages(&self, revision: Initialized) -> Option<Initialized> {
        let running = match revision {
            Some(revision) => self.go_on(revision),
            None => self.begin().await?,
        };
        lock(&self.received).end_when_idle(true);
        let revision = running.peer().peer_info().map(|client| client.protocol_version.clone());
        match running.waiting().await {
            Ok(QuitReason::Closed) => Some(revision),
            Ok(_) => None,
            Err(error) => {
                tracing::error!(counted = true, reason = failure::of_task(&error), "SSE session ended by an error");
                None
            }
        }
    }

    /// Waits until the client has initialized the session.
    async fn begin(&self) -> Option<RunningService<RoleServer, Served>> {
        lock(&self.received).end_when_idle(false);
        let (served, token) = (Served(Arc::clone(&self.server)), self.stop.child_token());
        let begun = serve_server_with_ct(served, self.transport(), token).await.inspect_err(|error| {
            let reason = failure::of_initialize(error);
            if matches!(error, ServerInitializeError::ExpectedInitializeRequest(_)) {
                self.outbox.refused_because(reason);
            }
            tracing::info!(counted = true, reason, "SSE session not initialized");
        });
        begun.ok()
    }

    fn go_on(&self, revision: ProtocolVersion) -> RunningService<RoleServer, Served> {
        let (served, token) = (Served(Arc::clone(&self.server)), self.stop.child_token());
        serve_directly_with_ct(served, self.transport(), Some(client_of(revision)), token)
    }

    fn transport(
        &self,
    ) -> (
        impl Sink<ServerJsonRpcMessage, Error = Infallible> + Send + Unpin + 'static,
        impl Stream<Item = ClientJsonRpcMessage> + Send + Unpin + 'static,
    ) {
        let answers = Arc::new(Answers::new(lock(&self.received).ids()));
        let outbox = self.outbox.clone();
        let (turn, received) = (Turn::new(Arc::clone(&answers)), Arc::clone(&self.received));
        let mut source = Source { outbox: outbox.clone(), turn, received };
        (CountingOutbox { outbox, answers }, stream::poll_fn(move |context| source.poll(context)))
    }
}

/// A client that is known by its revision alone, as on the other transport.
fn client_of(revision: ProtocolVersion) -> InitializeRequestParams {
    InitializeRequestParams::default().with_protocol_version(revision)
}

/// rmcp keeps the parameters of each `initialize`, also of a second one, for as long as its loop runs, and no budget counts them.
/// The server reads the revision alone. If the client names one without a handshake, it is offered the newest that has one.
fn keep_revision_only(message: &mut ClientJsonRpcMessage) {
    let ClientJsonRpcMessage::Request(request) = message else { return };
    let ClientRequest::InitializeRequest(initialize) = &mut request.request else { return };
    let mut known = ProtocolVersion::KNOWN_VERSIONS.iter().filter(|known| known.has_initialize());
    let named = known.find(|known| **known == initialize.params.protocol_version);
    initialize.params = client_of(named.cloned().unwrap_or(ProtocolVersion::LATEST_WITH_INITIALIZE));
}

fn lock(received: &Mutex<Received>) -> MutexGuard<'_, Received> {
    received.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where rmcp gets the client's messages.
struct Source {
    outbox: Outbox,
    turn: Turn,
    received: Arc<Mutex<Received>>,
}

impl Source {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<ClientJsonRpcMessage>> {
        loop {
            // Without this, rmcp would take all messages at once, and answer them to a client that reads nothing.
            ready!(self.outbox.poll_room(context));
            match self.poll_next(context) {
                Poll::Ready(Some(NextMessage::Repeated(id))) => {
                    self.refuse("Invalid Request: another request uses this id", id);
                }
                Poll::Ready(Some(NextMessage::Message(waiting, served))) => {
                    if let Some(message) = self.parsed(*waiting, served) {
                        return Poll::Ready(Some(message));
                    }
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<NextMessage>> {
        ready!(self.turn.poll(context));
        lock(&self.received).poll(context)
    }

    fn refuse(&self, reason: &'static str, id: RequestId) {
        let refused = ErrorData::invalid_request(reason, None);
        self.outbox.put(&ServerJsonRpcMessage::error(refused, Some(id)));
    }

    /// Only a request has an answer.
    fn unreadable(&self, id: Option<RequestId>) {
        const REASON: &str = "Invalid Request";
        let Some(id) = id else { return self.outbox.refused_because(REASON) };
        self.refuse(REASON, id.clone());
        lock(&self.received).ids().answered(&id);
    }

    /// `None` if rmcp reads no message in it.
    fn parsed(
        &mut self,
        waiting: WaitingMessage,
        served: Option<OwnedSemaphorePermit>,
    ) -> Option<ClientJsonRpcMessage> {
        let (is_from_log, is_request, id) =
            (waiting.is_from_log(), waiting.message.is_request, waiting.message.id.clone());
        let WaitingMessage { message, open, .. } = waiting;
        let Some((mut message, memory)) = message.parse() else {
            self.unreadable(id);
            return None;
        };
        if is_from_log {
            self.turn.received(is_request);
        }
        keep_revision_only(&mut message);
        Some(with_permits(message, Permits { served, memory, open }))
    }
}
