//! The streams that this instance holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use authorization_server::{ground::Id, resource::authenticate::Principal};

use super::{session::Session, stream_owner::StreamOwner};

/// Streams of one owner. More would be a leak in the client.
const MAX_PER_OWNER: usize = 32;
/// Streams of all owners.
const MAX_STREAMS: usize = 2_000;

/// The open sessions.
#[derive(Default)]
pub(super) struct Registry(Mutex<State>);

#[derive(Default)]
struct State {
    open: HashMap<Id, Session>,
    /// Whether the follower runs. It ends with the last stream.
    is_followed: bool,
}

/// An open session's entry. Dropping it removes the session.
pub(super) struct Registration {
    registry: Arc<Registry>,
    id: Id,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.registry.state().open.remove(&self.id);
    }
}

/// The owner, or everybody, has as many streams as are allowed.
pub(super) struct TooMany;

impl Registry {
    /// Adds the session that `start` makes, unless there are too many.
    pub(super) fn add<T>(
        self: &Arc<Self>,
        id: Id,
        opened_by: StreamOwner,
        start: impl FnOnce(Registration) -> (T, Session),
    ) -> Result<T, TooMany> {
        let mut state = self.state();
        let of_owner = state.open.values().filter(|other| other.opened_by.owner == opened_by.owner).count();
        if state.open.len() >= MAX_STREAMS || of_owner >= MAX_PER_OWNER {
            return Err(TooMany);
        }
        let (started, session) = start(Registration { registry: Arc::clone(self), id });
        state.open.insert(id, session);
        Ok(started)
    }

    /// The session with this id, if it is open and the principal may post to it.
    pub(super) fn find(&self, id: Id, principal: &Principal) -> Option<Session> {
        let session = self.state().open.get(&id).cloned();
        session.filter(|session| session.opened_by.may_be_used_by(principal) && !session.stop.is_cancelled())
    }

    /// Whether the caller has to start the follower.
    pub(super) fn needs_follower(&self) -> bool {
        !std::mem::replace(&mut self.state().is_followed, true)
    }

    /// Whether the follower has to go on. If not, it has to end.
    pub(super) fn keeps_follower(&self) -> bool {
        let mut state = self.state();
        state.is_followed = !state.open.is_empty();
        state.is_followed
    }

    /// How many streams are open.
    pub(super) fn len(&self) -> usize {
        self.state().open.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
