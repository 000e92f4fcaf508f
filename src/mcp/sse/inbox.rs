//! The messages that wait for one session, and the memory that they may take.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_util::sync::{CancellationToken, DropGuard, PollSemaphore};

use super::in_flight::MAX_IN_FLIGHT;
use crate::mcp::message::Message;

/// Messages posted to this instance that may wait for one session.
const MAX_WAITING: usize = 16;
/// Bytes that may wait for one session.
const SESSION_BYTES: usize = 256 * 1024;
/// Bytes that may wait for all sessions of this process.
pub const TOTAL_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of [`TOTAL_BYTES`] that a session beyond its own limit may not use.
const RESERVED_BYTES: usize = TOTAL_BYTES / 8;
/// The least size that a message counts for.
const MIN_COST: usize = 1024;
/// How long a message may wait if its session is beyond its limit, or if half of [`TOTAL_BYTES`] was taken when it came.
/// After that the session ends, so that it does not keep memory from others.
const MAX_SCARCE_WAIT: Duration = Duration::from_secs(30);

/// Puts messages where they wait for a session, in the order in which they are put.
///
/// A message that was posted here waits for memory before the POST is answered. A message from the log was answered by the
/// instance that accepted it. It cannot wait, and must not hold up other sessions.
#[derive(Clone)]
pub(super) struct Inbox {
    waiting: mpsc::UnboundedSender<WaitingMessage>,
    places: Arc<Semaphore>,
    session_bytes: Arc<Semaphore>,
    total_bytes: Arc<Semaphore>,
    stop: CancellationToken,
}

/// A message, and the memory that is reserved for it until it is received.
pub(super) struct WaitingMessage {
    pub(super) message: Message,
    reservation: Reservation,
}

impl WaitingMessage {
    /// Whether it came through the log.
    pub(super) fn is_from_log(&self) -> bool {
        self.reservation.for_log
    }
}

/// Receives the messages of an inbox.
pub(super) struct Received {
    waiting: mpsc::UnboundedReceiver<WaitingMessage>,
    /// The next message, while it waits for a permit.
    next: Option<WaitingMessage>,
    in_flight: PollSemaphore,
}

impl Received {
    /// The next message. A request comes with a permit to be served; other messages need none.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<(WaitingMessage, Option<OwnedSemaphorePermit>)>> {
        if self.next.is_none() {
            self.next = ready!(self.waiting.poll_recv(context));
        }
        let is_request = self.next.as_ref().is_some_and(|next| next.message.is_request);
        let permit = if is_request { ready!(self.in_flight.poll_acquire(context)) } else { None };
        Poll::Ready(self.next.take().map(|next| (next, permit)))
    }

    /// Drops all messages that wait, and those that are put from now on.
    pub(super) fn discard(&mut self) {
        self.waiting.close();
        self.next = None;
        while self.waiting.try_recv().is_ok() {}
    }
}

/// Memory for a message. Dropping it releases the memory.
pub(super) struct Reservation {
    for_log: bool,
    /// Of the session's places and bytes, and of the process's bytes.
    _permits: [Option<OwnedSemaphorePermit>; 3],
    _deadline: Option<DropGuard>,
}

impl Inbox {
    /// An empty inbox. All inboxes share `total_bytes`; `stop` ends the session.
    pub(super) fn new(total_bytes: Arc<Semaphore>, stop: CancellationToken) -> (Self, Received) {
        let (waiting, received) = mpsc::unbounded_channel();
        let in_flight = PollSemaphore::new(Arc::new(Semaphore::new(MAX_IN_FLIGHT)));
        let received = Received { waiting: received, next: None, in_flight };
        let places = Arc::new(Semaphore::new(MAX_WAITING));
        let session_bytes = Arc::new(Semaphore::new(SESSION_BYTES));
        (Self { waiting, places, session_bytes, total_bytes, stop }, received)
    }

    /// Reserves memory for a message that was posted here, as soon as there is enough.
    pub(super) async fn reserve(&self, length: usize) -> Option<Reservation> {
        let bytes = cost(length)?;
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let of_session = Arc::clone(&self.session_bytes).acquire_many_owned(bytes).await.ok()?;
        let of_total = Arc::clone(&self.total_bytes).acquire_many_owned(bytes).await.ok()?;
        let deadline = self.is_scarce().then(|| self.deadline());
        let permits = [Some(place), Some(of_session), Some(of_total)];
        Some(Reservation { for_log: false, _permits: permits, _deadline: deadline })
    }

    /// Reserves memory for a message from the log, if there is enough now.
    pub(super) fn reserve_for_log(&self, length: usize) -> Option<Reservation> {
        let bytes = cost(length)?;
        let of_session = Arc::clone(&self.session_bytes).try_acquire_many_owned(bytes).ok();
        let is_beyond_limit = of_session.is_none();
        if is_beyond_limit && self.total_bytes.available_permits() < RESERVED_BYTES + length {
            return None;
        }
        let of_total = Arc::clone(&self.total_bytes).try_acquire_many_owned(bytes).ok()?;
        let deadline = (is_beyond_limit || self.is_scarce()).then(|| self.deadline());
        Some(Reservation { for_log: true, _permits: [None, of_session, Some(of_total)], _deadline: deadline })
    }

    /// Puts a message where it waits. Returns false if the session has ended.
    pub(super) fn put(&self, message: Message, reservation: Reservation) -> bool {
        self.waiting.send(WaitingMessage { message, reservation }).is_ok()
    }

    fn is_scarce(&self) -> bool {
        self.total_bytes.available_permits() < TOTAL_BYTES / 2
    }

    /// Ends the session unless the guard is dropped in time.
    fn deadline(&self) -> DropGuard {
        let (received, stop) = (CancellationToken::new(), self.stop.clone());
        let guard = received.clone().drop_guard();
        tokio::spawn(async move {
            if timeout(MAX_SCARCE_WAIT, received.cancelled()).await.is_err() {
                tracing::warn!("SSE session ended: its messages waited too long");
                stop.cancel();
            }
        });
        guard
    }
}

/// Bytes that a message of this length counts for.
fn cost(length: usize) -> Option<u32> {
    u32::try_from(length.max(MIN_COST)).ok()
}
