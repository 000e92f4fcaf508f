//! The requests that a `notifications/cancelled`, which is another POST, may end: those of Streamable HTTP that run, and those of
//! an HTTP+SSE session that it has not received yet.
//!
//! Streamable HTTP has no sessions, so two processes that share a grant may use the same id at once. Then nobody can tell which
//! one is meant, and none is ended. MCP allows that, and a request ends by its own limits.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// The requests that run, by what a cancellation names.
pub(super) struct Running<K>(Arc<Mutex<HashMap<K, Vec<CancellationToken>>>>);

/// A request that runs, until it is dropped.
pub(super) struct RunningRequest<K: Eq + Hash> {
    running: Running<K>,
    key: K,
    /// Cancelled when the request is dropped, so that its entry is known by it.
    token: CancellationToken,
}

impl<K> Default for Running<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K> Clone for Running<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Eq + Hash + Clone> Running<K> {
    /// Adds a request. The token ends it.
    pub(super) fn add(&self, key: K, token: &CancellationToken) -> RunningRequest<K> {
        self.entries().entry(key.clone()).or_default().push(token.clone());
        RunningRequest { running: self.clone(), key, token: token.clone() }
    }

    /// Ends the request with this key, if there is one and no more. One that was cancelled before does not count.
    pub(super) fn cancel(&self, key: &K) {
        let entries = self.entries();
        let mut alive = entries.get(key).into_iter().flatten().filter(|request| !request.is_cancelled());
        if let (Some(request), None) = (alive.next(), alive.next()) {
            request.cancel();
        }
    }
}

impl<K> Running<K> {
    fn entries(&self) -> MutexGuard<'_, HashMap<K, Vec<CancellationToken>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> RunningRequest<K> {
    /// The key that a cancellation names.
    pub(super) fn key(&self) -> &K {
        &self.key
    }

    /// Whether it was cancelled.
    pub(super) fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl<K: Eq + Hash> Drop for RunningRequest<K> {
    fn drop(&mut self) {
        self.token.cancel();
        let mut entries = self.running.entries();
        let Some(requests) = entries.get_mut(&self.key) else { return };
        requests.retain(|request| !request.is_cancelled());
        if requests.is_empty() {
            entries.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::ground::{Holder, Id};
    use rmcp::model::RequestId;

    use super::*;

    type Key = (Holder, RequestId);

    fn holder(of: u8) -> Holder {
        let id = Id::from_bytes([of; 16]);
        Holder { owner: id, client: id, grant: Some(id) }
    }

    fn add(running: &Running<Key>, of: u8, id: i64) -> (RunningRequest<Key>, CancellationToken) {
        let token = CancellationToken::new();
        (running.add((holder(of), RequestId::Number(id)), &token), token)
    }

    #[test]
    fn a_request_is_ended_by_its_own_grant_alone() {
        let running = Running::default();
        let ((_one, ended), (_other, goes_on)) = (add(&running, 1, 7), add(&running, 2, 7));
        running.cancel(&(holder(1), RequestId::Number(8)));
        running.cancel(&(holder(3), RequestId::Number(7)));
        assert!(!ended.is_cancelled());
        running.cancel(&(holder(1), RequestId::Number(7)));
        assert_eq!((ended.is_cancelled(), goes_on.is_cancelled()), (true, false));
    }

    #[test]
    fn of_two_requests_with_one_id_none_is_ended_until_one_is_left() {
        let running = Running::default();
        let ((first, _), (_second, left)) = (add(&running, 1, 7), add(&running, 1, 7));
        running.cancel(&(holder(1), RequestId::Number(7)));
        assert!(!left.is_cancelled());
        drop(first);
        running.cancel(&(holder(1), RequestId::Number(7)));
        assert!(left.is_cancelled());
    }

    #[test]
    fn a_request_that_was_cancelled_is_not_in_the_way_of_the_next_with_its_id() {
        let running = Running::default();
        let (_winding_down, _) = add(&running, 1, 7);
        running.cancel(&(holder(1), RequestId::Number(7)));
        let (_next, next) = add(&running, 1, 7);
        running.cancel(&(holder(1), RequestId::Number(7)));
        assert!(next.is_cancelled());
    }

    #[test]
    fn a_request_that_has_ended_leaves_nothing_behind() {
        let running = Running::default();
        let requests: Vec<_> = (0..100).map(|id| add(&running, 1, id % 10)).collect();
        drop(requests);
        assert!(running.entries().is_empty());
    }
}
