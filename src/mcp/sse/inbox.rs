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

/// Bytes that may wait for one session, as long as the process has room.
const SHARE: usize = 4 * 1024 * 1024;
/// Bytes that may wait in all sessions of this process together.
pub(super) const ROOM: usize = 64 * 1024 * 1024;
/// Room that bursts leave to sessions that keep to their share.
const RESERVED: usize = ROOM / 8;
/// What waits longer ends its session, if it is part of a burst or was put in when half the room was taken: the room is
/// everybody's.
const LASTS: Duration = Duration::from_secs(30);
/// What a message costs at least.
const LEAST: usize = 1024;

/// The messages of a session, in the order in which they are put in. What is posted here waits for a place and for room before
/// it is answered; what another instance has answered already cannot wait, and must not hold up other sessions.
#[derive(Clone)]
pub(super) struct Inbox {
    waiting: mpsc::UnboundedSender<Waiting>,
    places: Arc<Semaphore>,
    share: Arc<Semaphore>,
    room: Arc<Semaphore>,
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
    /// Of the session's places and share, and of the process's room.
    _permits: [Option<OwnedSemaphorePermit>; 3],
    _watched: Option<DropGuard>,
}

impl Inbox {
    /// With `room` for all sessions; `stop` ends this one.
    pub(super) fn new(room: Arc<Semaphore>, stop: CancellationToken) -> (Self, Received) {
        let (waiting, received) = mpsc::unbounded_channel();
        let in_flight = PollSemaphore::new(Arc::new(Semaphore::new(IN_FLIGHT)));
        let received = Received { waiting: received, next: None, in_flight };
        let (places, share) = (Arc::new(Semaphore::new(WAITING)), Arc::new(Semaphore::new(SHARE)));
        (Self { waiting, places, share, room, stop }, received)
    }

    /// Room for a message of this length that was posted here, once there is some.
    pub(super) async fn room_here(&self, length: usize) -> Option<Room> {
        let bytes = cost(length)?;
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let share = Arc::clone(&self.share).acquire_many_owned(bytes).await.ok()?;
        let room = Arc::clone(&self.room).acquire_many_owned(bytes).await.ok()?;
        let watched = self.is_scarce().then(|| self.watch());
        Some(Room { elsewhere: false, _permits: [Some(place), Some(share), Some(room)], _watched: watched })
    }

    /// Room for a message of this length that was posted elsewhere.
    pub(super) fn room_from_elsewhere(&self, length: usize) -> Option<Room> {
        let bytes = cost(length)?;
        let share = Arc::clone(&self.share).try_acquire_many_owned(bytes).ok();
        let is_burst = share.is_none();
        if is_burst && self.room.available_permits() < RESERVED + length {
            return None;
        }
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes).ok()?;
        let watched = (is_burst || self.is_scarce()).then(|| self.watch());
        Some(Room { elsewhere: true, _permits: [None, share, Some(room)], _watched: watched })
    }

    /// Whether half the room is taken.
    fn is_scarce(&self) -> bool {
        self.room.available_permits() < ROOM / 2
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

/// Permits for a message of this length.
fn cost(length: usize) -> Option<u32> {
    u32::try_from(length.max(LEAST)).ok()
}
