//! The ids of a session's requests that wait for their answers. Of two requests with one id, rmcp would lose an answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::model::RequestId;
use tokio_util::sync::CancellationToken;

use crate::mcp::{
    envelope::Envelope,
    running::{Running, RunningRequest},
};

/// A request whose POST is under way, or whose message waits. It may be cancelled before the session receives it.
pub(super) type ArrivingRequest = RunningRequest<RequestId>;

/// The ids that are in use.
#[derive(Clone, Default)]
pub(super) struct RequestIds {
    arriving: Running<RequestId>,
    received: Arc<Mutex<HashMap<RequestId, RequestStage>>>,
}

#[derive(Clone, Copy)]
enum RequestStage {
    /// It waits, or it is served.
    Open,
    /// It will get no answer, but its task has not ended yet.
    Cancelled,
    /// Its task has ended, and the answer is on its way.
    Ended,
}

/// A request that waits or is served. When this is dropped, its task has ended.
pub(super) struct OpenRequest {
    ids: RequestIds,
    id: RequestId,
}

impl RequestIds {
    /// A message arrives. A request can be cancelled from now on; a cancellation ends one that has arrived.
    pub(super) fn arrive(&self, message: &Envelope) -> Option<ArrivingRequest> {
        if let Some(id) = message.cancelled_request() {
            self.cancel_arriving(id);
        }
        Some(self.arriving.add(message.id.clone()?, &CancellationToken::new()))
    }

    /// A request that has arrived is cancelled.
    pub(super) fn cancel_arriving(&self, id: &RequestId) {
        self.arriving.cancel(id);
    }

    /// Begins to use an id. `None` if it is in use already.
    pub(super) fn open(&self, id: RequestId) -> Option<OpenRequest> {
        let mut stages = self.stages();
        if stages.contains_key(&id) {
            return None;
        }
        stages.insert(id.clone(), RequestStage::Open);
        Some(OpenRequest { ids: self.clone(), id })
    }

    /// Whether none is in use.
    pub(super) fn are_free(&self) -> bool {
        self.stages().is_empty()
    }

    /// The answer was sent.
    pub(super) fn answered(&self, id: &RequestId) {
        self.stages().remove(id);
    }

    /// There will be no answer.
    pub(super) fn cancelled(&self, id: &RequestId) {
        self.change(id, |stage| (!matches!(stage, RequestStage::Ended)).then_some(RequestStage::Cancelled));
    }

    fn ended(&self, id: &RequestId) {
        self.change(id, |stage| matches!(stage, RequestStage::Open).then_some(RequestStage::Ended));
    }

    /// Changes the stage of an id, or frees the id.
    fn change(&self, id: &RequestId, next: impl FnOnce(RequestStage) -> Option<RequestStage>) {
        let mut stages = self.stages();
        let Some(stage) = stages.get_mut(id) else { return };
        match next(*stage) {
            Some(next) => *stage = next,
            None => drop(stages.remove(id)),
        }
    }

    fn stages(&self) -> MutexGuard<'_, HashMap<RequestId, RequestStage>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.ids.ended(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: RequestId = RequestId::Number(1);

    #[test]
    fn an_id_is_in_use_until_its_answer_is_sent() {
        let ids = RequestIds::default();
        let request = ids.open(ID).unwrap();
        assert!(ids.open(ID).is_none() && ids.open(RequestId::String("1".into())).is_some());
        ids.answered(&RequestId::String("1".into()));
        drop(request);
        assert!(ids.open(ID).is_none(), "the answer is on its way");
        assert!(!ids.are_free());
        ids.answered(&ID);
        assert!(ids.are_free() && ids.open(ID).is_some());
    }

    #[test]
    fn the_id_of_a_cancelled_request_is_free_when_its_task_has_ended() {
        let ids = RequestIds::default();
        let request = ids.open(ID).unwrap();
        for _ in 0..2 {
            ids.cancelled(&ID);
            assert!(ids.open(ID).is_none(), "its task runs");
        }
        drop(request);
        let request = ids.open(ID).unwrap();
        drop(request);
        ids.cancelled(&ID);
        assert!(ids.open(ID).is_some(), "its answer was dropped");
        ids.cancelled(&RequestId::Number(2));
    }
}
