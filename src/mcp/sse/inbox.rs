//! The messages that wait for one session, and the memory that they may take. A batch waits as one message.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use rmcp::model::RequestId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_util::sync::{CancellationToken, DropGuard, PollSemaphore};

use super::{
    in_flight::MAX_IN_FLIGHT,
    request_ids::{ArrivingRequest, RequestIds},
    session_end::SessionEnd,
    waiting_message::{Reservation, WaitingMessage},
};
use crate::{
    budget::{Budget, Permit},
    mcp::message::UnparsedMessage,
};

/// Messages posted to this instance that may wait for one session.
const MAX_WAITING: usize = 16;
/// Quick messages that may wait beside them.
const MAX_QUICK: usize = 16;
/// Bytes of a quick message, at most. A longer one waits like a call before it is accepted.
const QUICK_BYTES: usize = 4 * 1024;
/// Bytes that may wait for one session.
const SESSION_BYTES: usize = 256 * 1024;
/// Bytes that may wait for all sessions of this process.
pub const TOTAL_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of [`TOTAL_BYTES`] that may wait for the sessions of one owner.
pub(super) const OWNER_BYTES: usize = TOTAL_BYTES / 4;
/// Bytes of [`OWNER_BYTES`] that may wait for the sessions of one client.
pub(super) const CLIENT_BYTES: usize = OWNER_BYTES / 2;
/// The least size that a message counts for.
const MIN_COST: usize = 1024;
/// How long a message may wait if its session is beyond its limit, or if half of [`TOTAL_BYTES`] was taken when it came.
/// After that the session ends, so that it does not keep memory from others.
const MAX_SCARCE_WAIT: Duration = Duration::from_secs(30);

/// Puts messages where they wait for a session, in the order in which they are put.
///
/// A message that was posted here waits for a place in its session before the POST is answered. A message from the log was
/// answered by the instance that accepted it. It cannot wait, and must not hold up other sessions.
#[derive(Clone)]
pub(super) struct Inbox {
    waiting: mpsc::UnboundedSender<Box<WaitingMessage>>,
    places: Arc<Semaphore>,
    /// For quick messages, so that calls that wait do not hold them up.
    quick_places: Arc<Semaphore>,
    session_bytes: Arc<Semaphore>,
    /// Of all sessions, and the shares of this one's owner and client.
    total_bytes: [Budget; 3],
    end: SessionEnd,
}

/// Receives the messages of an inbox, in order. While calls wait for a permit, quick messages overtake them.
pub(super) struct Received {
    waiting: mpsc::UnboundedReceiver<Box<WaitingMessage>>,
    /// The first message that waits, once somebody looked for one.
    first: Option<Box<WaitingMessage>>,
    /// The messages of a batch that nobody looked at yet.
    batch: VecDeque<Box<WaitingMessage>>,
    /// Requests that wait for a permit.
    calls: VecDeque<Box<WaitingMessage>>,
    in_flight: PollSemaphore,
    ids: RequestIds,
    /// Whether there are no messages as soon as the session is idle.
    ends_when_idle: bool,
}

/// The next message of an inbox.
pub(super) enum NextMessage {
    /// rmcp takes it. A call comes with a permit to be served.
    Message(Box<WaitingMessage>, Option<OwnedSemaphorePermit>),
    /// A request whose id another request uses.
    Repeated(RequestId),
}

impl Received {
    /// The ids of the requests that are not answered.
    pub(super) fn ids(&self) -> RequestIds {
        self.ids.clone()
    }

    /// Whether a message waits; false when there will be none.
    pub(super) fn poll_waiting(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        if self.first.is_none() && self.batch.is_empty() && self.calls.is_empty() {
            self.first = ready!(self.waiting.poll_recv(context));
            return Poll::Ready(self.first.is_some());
        }
        Poll::Ready(true)
    }

    /// Whether [`Self::poll`] gives `None` while no message waits and no request is under way.
    pub(super) fn end_when_idle(&mut self, ends: bool) {
        self.ends_when_idle = ends;
    }

    fn poll_message(&mut self, context: &mut Context<'_>) -> Poll<Option<Box<WaitingMessage>>> {
        loop {
            if let Some(next) = self.batch.pop_front() {
                return Poll::Ready(Some(next));
            }
            match ready!(self.poll_posted(context)) {
                Some(next) if next.message.is_batch() => self.batch = next.into_messages(),
                next => return Poll::Ready(next),
            }
        }
    }

    /// The next message or batch.
    fn poll_posted(&mut self, context: &mut Context<'_>) -> Poll<Option<Box<WaitingMessage>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        match self.waiting.poll_recv(context) {
            Poll::Pending if self.ends_when_idle && self.ids.are_free() => Poll::Ready(None),
            next => next,
        }
    }

    /// The next message; `None` when there will be none.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<NextMessage>> {
        loop {
            if !self.calls.is_empty()
                && let Poll::Ready(permit) = self.in_flight.poll_acquire(context)
            {
                return Poll::Ready(self.calls.pop_front().map(|call| NextMessage::Message(call, permit)));
            }
            let Some(mut next) = ready!(self.poll_message(context)) else {
                return if self.calls.is_empty() { Poll::Ready(None) } else { Poll::Pending };
            };
            if next.is_cancelled() {
                continue;
            }
            if let Some(id) = next.message.id.take() {
                next.open = self.ids.open(id.clone());
                if next.open.is_none() {
                    return Poll::Ready(Some(NextMessage::Repeated(id)));
                }
                next.message.id = Some(id);
            }
            if !next.message.is_quick {
                self.calls.push_back(next);
            } else if !self.is_waiting_call_cancelled_by(&next.message) {
                return Poll::Ready(Some(NextMessage::Message(next, None)));
            }
        }
    }

    /// Whether this message cancels a call that waits. Such a call is dropped.
    fn is_waiting_call_cancelled_by(&mut self, message: &UnparsedMessage) -> bool {
        let Some(id) = &message.cancelled else { return false };
        self.ids.cancelled(id);
        let waiting = self.calls.len();
        self.calls.retain(|call| call.message.id.as_ref() != Some(id));
        self.calls.len() < waiting
    }

    /// Drops all messages that wait, and those that are put from now on.
    pub(super) fn discard(&mut self) {
        self.waiting.close();
        self.first = None;
        self.batch.clear();
        self.calls.clear();
        while self.waiting.try_recv().is_ok() {}
    }
}

impl Inbox {
    /// An empty inbox. All inboxes share the first of `total_bytes`, those of an owner the second, and those of an owner and client
    /// the third.
    pub(super) fn new(total_bytes: [Budget; 3], end: SessionEnd) -> (Self, Received) {
        let (waiting, received) = mpsc::unbounded_channel();
        let in_flight = PollSemaphore::new(Arc::new(Semaphore::new(MAX_IN_FLIGHT)));
        let (batch, calls, ids) = (VecDeque::new(), VecDeque::new(), RequestIds::default());
        let received = Received { waiting: received, first: None, batch, calls, in_flight, ids, ends_when_idle: false };
        let [places, quick_places] = [MAX_WAITING, MAX_QUICK].map(|places| Arc::new(Semaphore::new(places)));
        let session_bytes = Arc::new(Semaphore::new(SESSION_BYTES));
        (Self { waiting, places, quick_places, session_bytes, total_bytes, end }, received)
    }

    /// Reserves memory for a message that was posted here, as soon as the session has enough. `None` if all sessions of its client,
    /// of its owner, or of all, have too much.
    pub(super) async fn reserve(&self, message: &UnparsedMessage) -> Option<Reservation> {
        let bytes = cost(message.text.len())?;
        let permits = if message.is_quick && message.text.len() <= QUICK_BYTES {
            [Some(Arc::clone(&self.quick_places).acquire_owned().await.ok()?), None]
        } else {
            let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
            [Some(place), Some(Arc::clone(&self.session_bytes).acquire_many_owned(bytes).await.ok()?)]
        };
        let of_total = self.of_total(bytes)?;
        let deadline = self.is_scarce().then(|| self.deadline());
        Some(Reservation::new(false, permits, of_total, deadline))
    }

    /// Reserves memory for a message from the log, if there is enough now.
    pub(super) fn reserve_for_log(&self, length: usize) -> Option<Reservation> {
        let bytes = cost(length)?;
        let of_session = Arc::clone(&self.session_bytes).try_acquire_many_owned(bytes).ok();
        let of_total = self.of_total(bytes)?;
        let deadline = (of_session.is_none() || self.is_scarce()).then(|| self.deadline());
        Some(Reservation::new(true, [None, of_session], of_total, deadline))
    }

    fn of_total(&self, bytes: u32) -> Option<Permit> {
        let mut permit = Permit::of_all(self.total_bytes.clone());
        permit.grow(usize::try_from(bytes).ok()?).ok().map(|()| permit)
    }

    /// Puts a message where it waits. Returns false if the session has ended.
    pub(super) fn put(
        &self,
        message: UnparsedMessage,
        reservation: Reservation,
        arrived: Vec<ArrivingRequest>,
    ) -> bool {
        self.waiting.send(WaitingMessage::new(message, reservation, arrived)).is_ok()
    }

    fn is_scarce(&self) -> bool {
        self.total_bytes[0].available() < TOTAL_BYTES / 2
    }

    /// Ends the session unless the guard is dropped in time.
    fn deadline(&self) -> DropGuard {
        let (received, end) = (CancellationToken::new(), self.end.clone());
        let guard = received.clone().drop_guard();
        tokio::spawn(async move {
            if timeout(MAX_SCARCE_WAIT, received.cancelled()).await.is_err() {
                end.at_limit("waiting messages of a session");
            }
        });
        guard
    }
}

/// Bytes that a message of this length counts for.
fn cost(length: usize) -> Option<u32> {
    u32::try_from(length.max(MIN_COST)).ok()
}
