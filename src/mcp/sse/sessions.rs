//! The streams that this process holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use authorization_server::{authenticate::Principal, id::Id, ports::Entropy};
use tokio_util::sync::CancellationToken;

use super::session::{EventStream, Session, with_principal};
use crate::mcp::server::McpServer;

/// Streams of one owner; more would be a leak in the client.
const PER_OWNER: usize = 32;
/// Streams in all.
const IN_ALL: usize = 2_000;
/// A message waits this long for a session that is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// Too many streams are open.
#[derive(Debug, thiserror::Error)]
#[error("too many streams")]
pub struct Refused;

/// Why a message is not delivered.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// No such session, or another owner's or client's.
    #[error("no such session")]
    UnknownSession,
    /// Not a JSON-RPC message.
    #[error("not a message")]
    Malformed,
    /// The session does not take its messages.
    #[error("the session is busy")]
    Busy,
}

/// The registry.
pub struct Sessions {
    server: McpServer,
    entropy: Arc<dyn Entropy>,
    open: Mutex<HashMap<Id, Session>>,
    pub(super) stop: CancellationToken,
}

impl Sessions {
    /// No stream yet; all end when `stop` is cancelled.
    pub(in crate::mcp) fn new(server: McpServer, entropy: Arc<dyn Entropy>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self { server, entropy, open: Mutex::default(), stop })
    }

    /// Opens a stream for a principal.
    pub fn open(self: &Arc<Self>, principal: Principal) -> Result<EventStream, Refused> {
        let id = Id::random(self.entropy.as_ref());
        let mut open = self.lock();
        let of_owner = open.values().filter(|other| other.opened_by.grant.owner == principal.grant.owner).count();
        if open.len() >= IN_ALL || of_owner >= PER_OWNER {
            return Err(Refused);
        }
        let (stream, session) = EventStream::start(self.server.clone(), id, principal, Arc::clone(self));
        open.insert(id, session);
        Ok(stream)
    }

    /// Delivers a message to the stream's session, as its own principal.
    pub async fn post(&self, id: &str, principal: Principal, body: &[u8]) -> Result<(), PostError> {
        let inbox = {
            let open = self.lock();
            let session = Id::parse(id).and_then(|id| open.get(&id)).ok_or(PostError::UnknownSession)?;
            let same =
                |one: &Principal, other: &Principal| one.grant.owner == other.grant.owner && one.client == other.client;
            if !same(&session.opened_by, &principal) || session.stop.is_cancelled() {
                return Err(PostError::UnknownSession);
            }
            session.inbox.clone()
        };
        let message = serde_json::from_slice(body).map_err(|_| PostError::Malformed)?;
        let place = tokio::time::timeout(PATIENCE, inbox.reserve()).await.map_err(|_| PostError::Busy)?;
        place.map_err(|_| PostError::UnknownSession)?.send(with_principal(message, principal));
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn remove(&self, id: Id) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
