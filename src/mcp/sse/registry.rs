//! The streams that this instance holds.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use authorization_server::{
    ground::{Id, OperationalEvent, OwnerLimit},
    resource::authenticate::Principal,
};

use super::{session::Session, stream_owner::StreamOwner};
use crate::mcp::slots::{Slot, Slots};

/// The open sessions.
pub(super) struct Registry {
    /// The streams that each owner may open.
    slots: Arc<Slots>,
    /// The streams that all owners may open.
    of_all: usize,
    state: Mutex<OpenSessions>,
}

#[derive(Default)]
struct OpenSessions {
    open: HashMap<Id, Session>,
    /// Whether the follower runs. It ends with the last stream.
    is_followed: bool,
}

/// An open session's entry. Dropping it removes the session.
pub(super) struct Registration {
    registry: Arc<Registry>,
    id: Id,
    _slot: Slot,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let open = {
            let mut state = self.registry.state();
            state.open.remove(&self.id);
            state.open.len()
        };
        tracing::info!(event = OperationalEvent::StreamClosed.as_str(), open, "SSE stream closed");
    }
}

/// Why no further stream may be open.
pub(super) enum TooManyStreams {
    /// The owner, or this client of the owner, has as many as are allowed.
    OfOwner,
    /// All owners together have as many as are allowed.
    OfAll,
}

impl Registry {
    /// A registry without streams. It lets each owner open `of_owner` streams, and all owners together `of_all`.
    pub(super) fn new(of_owner: OwnerLimit, of_all: NonZeroU32) -> Self {
        let of_all = usize::try_from(of_all.get()).unwrap_or(usize::MAX);
        Self { slots: Slots::new(of_owner), of_all, state: Mutex::default() }
    }

    /// Adds the session that `start` makes, unless there are too many.
    pub(super) fn add<T>(
        self: &Arc<Self>,
        id: Id,
        opened_by: StreamOwner,
        start: impl FnOnce(Registration) -> (T, Session),
    ) -> Result<T, TooManyStreams> {
        let slot = self.slots.take(opened_by.owner, opened_by.client).ok_or(TooManyStreams::OfOwner)?;
        let mut state = self.state();
        if state.open.len() >= self.of_all {
            return Err(TooManyStreams::OfAll);
        }
        let (started, session) = start(Registration { registry: Arc::clone(self), id, _slot: slot });
        state.open.insert(id, session);
        let open = state.open.len();
        drop(state);
        tracing::info!(event = OperationalEvent::StreamOpened.as_str(), open, "SSE stream opened");
        Ok(started)
    }

    /// The session with this id, if it is open and the principal may post to it.
    pub(super) fn find(&self, id: Id, principal: &Principal) -> Option<Session> {
        let session = self.state().open.get(&id).cloned();
        session.filter(|session| session.opened_by.may_be_used_by(principal) && !session.end.stop.is_cancelled())
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

    fn state(&self) -> MutexGuard<'_, OpenSessions> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
