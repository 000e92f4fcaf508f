//! One stream, and the MCP session that it carries.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::Stream;
use tokio_util::sync::DropGuard;
use tracing::Instrument as _;

use super::{
    inbox::Inbox,
    outbox::{Outbox, UnreadMessages},
    registry::Registration,
    service_loop,
    session::Session,
    session_end::SessionEnd,
    stream_event::StreamEvent,
    stream_owner::StreamOwner,
};
use crate::{budget::Budget, mcp::service::Server};

/// The events of one stream. Dropping it ends the session.
pub struct EventStream {
    endpoint: Option<String>,
    unread: UnreadMessages,
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
    /// The memory for messages of all sessions, of those of this owner, and of this owner and client.
    pub(super) total_bytes: [Budget; 3],
    /// The memory for requests and answers, of all owners and of this one.
    pub(super) memory: [Budget; 2],
    pub(super) end: SessionEnd,
}

impl EventStream {
    /// Starts the session, which serves until it is stopped.
    pub(super) fn start(start: Start<'_>, registration: Registration) -> (Self, Session) {
        let Start { server, name, opened_by, total_bytes, memory, end } = start;
        let (inbox, received) = Inbox::new(total_bytes, end.clone());
        let ids = received.ids();
        let (outbox, unread) = Outbox::new(memory, end.clone());
        tokio::spawn(service_loop::run(server, outbox, received, end.stop.clone()).in_current_span());
        let stream = Self {
            endpoint: Some(format!("/mcp/message?sessionId={name}")),
            unread,
            stopped: Box::pin(end.stop.clone().cancelled_owned()),
            _registration: registration,
            _stop: end.stop.clone().drop_guard(),
        };
        (stream, Session { opened_by, inbox, ids, end })
    }

    /// Whether the session has ended. Events may still wait to be read.
    pub fn has_stopped(&mut self) -> bool {
        futures_util::FutureExt::now_or_never(self.stopped.as_mut()).is_some()
    }
}

impl Stream for EventStream {
    type Item = StreamEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<StreamEvent>> {
        if let Some(endpoint) = self.endpoint.take() {
            return Poll::Ready(Some(StreamEvent::Endpoint(endpoint)));
        }
        match self.unread.poll(context) {
            Poll::Ready(message) => Poll::Ready(Some(StreamEvent::Message(message))),
            Poll::Pending => self.stopped.as_mut().poll(context).map(|()| None),
        }
    }
}
