//! The messages that wait for one session.

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

use super::{in_flight::IN_FLIGHT, message::Message, session::WAITING};

/// Bytes that may wait once another instance has taken them.
const TAKEN: usize = 4 * 1024 * 1024;
/// Bytes that may wait beyond, in all sessions of this process together.
pub(super) const BURST: usize = 64 * 1024 * 1024;
/// A burst that lasts longer ends its session: the room is everybody's.
const LASTS: Duration = Duration::from_secs(30);
/// What a message costs at least.
const LEAST: usize = 1024;

/// The messages of a session, in the order in which they are put in. What is posted here waits for a place before it is
/// answered; what another instance has answered already cannot wait, and must not hold up other sessions.
#[derive(Clone)]
pub(super) struct Inbox {
    waiting: mpsc::UnboundedSender<Waiting>,
    places: Arc<Semaphore>,
    taken: Arc<Semaphore>,
    burst: Arc<Semaphore>,
    stop: CancellationToken,
}

/// A message, and the room it takes until it is received.
pub(super) struct Waiting {
    pub(super) message: Message,
    room: Room,
}

impl Waiting {
    /// Whether another instance took it.
    pub(super) fn is_from_elsewhere(&self) -> bool {
        self.room.elsewhere
    }
}

/// The messages that wait, where they are received.
pub(super) struct Received {
    waiting: mpsc::UnboundedReceiver<Waiting>,
    /// The next, which waits for a place among the requests in flight.
    next: Option<Waiting>,
    in_flight: PollSemaphore,
}

impl Received {
    /// The next message, and the place for it if it is a request; nothing else needs one.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<(Waiting, Option<OwnedSemaphorePermit>)>> {
        if self.next.is_none() {
            self.next = ready!(self.waiting.poll_recv(context));
        }
        let is_request = self.next.as_ref().is_some_and(|next| next.message.is_request);
        let place = if is_request { ready!(self.in_flight.poll_acquire(context)) } else { None };
        Poll::Ready(self.next.take().map(|next| (next, place)))
    }

    /// Drops what waits, and whatever is put in from now on.
    pub(super) fn discard(&mut self) {
        self.waiting.close();
        self.next = None;
        while self.waiting.try_recv().is_ok() {}
    }
}

/// Where a message waits.
pub(super) struct Room {
    elsewhere: bool,
    _permit: OwnedSemaphorePermit,
    _watched: Option<DropGuard>,
}

impl Inbox {
    /// With room for bursts in `burst`; `stop` ends the session.
    pub(super) fn new(burst: Arc<Semaphore>, stop: CancellationToken) -> (Self, Received) {
        let (waiting, received) = mpsc::unbounded_channel();
        let in_flight = PollSemaphore::new(Arc::new(Semaphore::new(IN_FLIGHT)));
        let received = Received { waiting: received, next: None, in_flight };
        let (places, taken) = (Arc::new(Semaphore::new(WAITING)), Arc::new(Semaphore::new(TAKEN)));
        (Self { waiting, places, taken, burst, stop }, received)
    }

    /// A place for a message that was posted here, once there is one.
    pub(super) async fn place(&self) -> Option<Room> {
        let permit = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some(Room { elsewhere: false, _permit: permit, _watched: None })
    }

    /// Room for a message of this length that was posted elsewhere.
    pub(super) fn room(&self, length: usize) -> Option<Room> {
        let permits = u32::try_from(length.max(LEAST)).ok()?;
        if let Ok(permit) = Arc::clone(&self.taken).try_acquire_many_owned(permits) {
            return Some(Room { elsewhere: true, _permit: permit, _watched: None });
        }
        let permit = Arc::clone(&self.burst).try_acquire_many_owned(permits).ok()?;
        Some(Room { elsewhere: true, _permit: permit, _watched: Some(self.watch()) })
    }

    /// Ends the session unless the guard is dropped in time.
    fn watch(&self) -> DropGuard {
        let (received, stop) = (CancellationToken::new(), self.stop.clone());
        let guard = received.clone().drop_guard();
        tokio::spawn(async move {
            if timeout(LASTS, received.cancelled()).await.is_err() {
                tracing::warn!("a session that does not take its messages is ended");
                stop.cancel();
            }
        });
        guard
    }

    /// Puts a message where it waits. Says whether the session still runs.
    pub(super) fn put(&self, message: Message, room: Room) -> bool {
        self.waiting.send(Waiting { message, room }).is_ok()
    }
}
