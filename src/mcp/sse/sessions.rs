//! The streams that this process holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use authorization_server::{
    ground::{Id, Unavailable},
    resource::authenticate::Principal,
};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Ports, follower,
    inbox::ROOM,
    message::Message,
    posted::Posted,
    progress::Progress,
    session::{EventStream, Session},
    session_id::SessionId,
};
use crate::{mcp::server::McpServer, ports::records::StoreError};

/// Streams of one owner; more would be a leak in the client.
const PER_OWNER: usize = 32;
/// Streams in all.
const IN_ALL: usize = 2_000;
/// A message waits this long for a session that is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a stream is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Too many streams are open.
    #[error("too many streams")]
    TooMany,
    /// Other instances could not reach it.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why a message is not delivered.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// No such session, or another owner's or client's, or its instance is gone.
    #[error("no such session")]
    UnknownSession,
    /// Not a JSON-RPC message.
    #[error("not a message")]
    Malformed,
    /// The session does not take its messages.
    #[error("the session is busy")]
    Busy,
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The registry.
pub struct Sessions {
    pub(super) server: McpServer,
    pub(super) ports: Ports,
    /// This process, among all of the deployment.
    pub(super) instance: Id,
    pub(super) progress: Progress,
    /// Bytes for what waits in all streams.
    pub(super) room: Arc<Semaphore>,
    registry: Mutex<Registry>,
    pub(super) stop: CancellationToken,
}

#[derive(Default)]
struct Registry {
    open: HashMap<Id, Session>,
    /// Whether the follower runs: it ends with the last stream.
    followed: bool,
}

impl Sessions {
    /// No stream yet; all end when `stop` is cancelled.
    pub(in crate::mcp) fn new(server: McpServer, ports: Ports, stop: CancellationToken) -> Arc<Self> {
        let instance = Id::random(ports.entropy.as_ref());
        let (progress, room, registry) = (Progress::new(), Arc::new(Semaphore::new(ROOM)), Mutex::default());
        Arc::new(Self { server, ports, instance, progress, room, registry, stop })
    }

    /// Opens a stream for a principal. Its endpoint is given out only when other instances can reach it.
    pub async fn open(self: &Arc<Self>, principal: Principal) -> Result<EventStream, OpenError> {
        let id = Id::random(self.ports.entropy.as_ref());
        let name = SessionId::new(self.instance, id, &principal).seal(self.ports.sealer.as_ref()).await?;
        let stream = self.register(id, &name, principal)?;
        if self.ports.events.is_some() {
            self.progress.alive().await?;
            self.progress.caught_up().await?;
        }
        Ok(stream)
    }

    fn register(self: &Arc<Self>, id: Id, name: &str, principal: Principal) -> Result<EventStream, OpenError> {
        let mut registry = self.lock();
        let owner = principal.grant.owner;
        let of_owner = registry.open.values().filter(|other| other.opened_by.grant.owner == owner).count();
        if registry.open.len() >= IN_ALL || of_owner >= PER_OWNER {
            return Err(OpenError::TooMany);
        }
        let (stream, session) = EventStream::start(Arc::clone(self), id, name, principal);
        registry.open.insert(id, session);
        if let Some(events) = self.ports.events.as_ref().filter(|_| !registry.followed) {
            registry.followed = true;
            tokio::spawn(follower::run(Arc::clone(self), Arc::clone(events)));
        }
        Ok(stream)
    }

    /// Delivers a message to the session of a stream, here or elsewhere, as its own principal.
    pub async fn post(&self, id: &str, principal: Principal, body: &[u8]) -> Result<(), PostError> {
        let named = SessionId::open(self.ports.sealer.as_ref(), id).await?;
        let to = named.filter(|named| named.belongs_to(&principal)).ok_or(PostError::UnknownSession)?;
        let message = Message::new(body.to_vec(), principal).ok_or(PostError::Malformed)?;
        if to.instance == self.instance {
            self.post_here(to.session, message).await
        } else {
            self.post_elsewhere(&to, message).await
        }
    }

    async fn post_here(&self, id: Id, message: Message) -> Result<(), PostError> {
        let session = self.session(id).ok_or(PostError::UnknownSession)?;
        if self.ports.events.is_some() {
            tokio::select! {
                () = session.stop.cancelled() => return Err(PostError::UnknownSession),
                caught_up = self.progress.caught_up() => caught_up?,
            }
        }
        let room = timeout(PATIENCE, session.inbox.room_here(message.text.len())).await.map_err(|_| PostError::Busy)?;
        let put = room.is_some_and(|room| session.inbox.put(message, room));
        if put { Ok(()) } else { Err(PostError::UnknownSession) }
    }

    /// Takes a message that another instance was posted, and has answered.
    pub(super) fn take_posted(&self, posted: Posted) {
        let Posted { session: id, principal, body } = posted;
        let Some(session) = self.session(id).filter(|session| session.is_of(&principal)) else {
            return tracing::info!(session = %id, "a message for a session that is gone");
        };
        let Some(message) = Message::new(body, principal) else {
            return tracing::warn!(session = %id, "another instance took what is no message");
        };
        let Some(room) = session.inbox.room_from_elsewhere(message.text.len()) else {
            tracing::warn!(session = %id, "a session that does not take its messages is ended");
            return session.stop.cancel();
        };
        session.inbox.put(message, room);
    }

    /// Whether any stream is open; if not, the follower that asks is to end.
    pub(super) fn are_open(&self) -> bool {
        let mut registry = self.lock();
        registry.followed = !registry.open.is_empty();
        registry.followed
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.lock().open.len()
    }

    pub(super) fn remove(&self, id: Id) {
        self.lock().open.remove(&id);
    }

    fn session(&self, id: Id) -> Option<Session> {
        let session = self.lock().open.get(&id).cloned();
        session.filter(|session| !session.stop.is_cancelled())
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn down(error: StoreError) -> Unavailable {
    Unavailable { what: "store", reason: error.0 }
}

/// What was to be sealed could not be written down.
pub(super) fn unwritten(error: &serde_json::Error) -> Unavailable {
    Unavailable { what: "keyring", reason: error.to_string() }
}
