//! What was asked: never a body, never a token.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::requests::{DataRequest, Verb};

/// The newest that are remembered, of each kind.
const REMEMBERED: usize = 200_000;

/// Something that was asked of the items of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// What.
    pub verb: Verb,
    /// Where.
    pub container: String,
    /// In which partition; `None` for a whole container.
    pub partition: Option<String>,
    /// Which item; `None` if not one is meant.
    pub id: Option<String>,
    /// What came of it; `None` if the connection was dropped before anything did.
    pub status: Option<u16>,
    /// Whether the client was told; false if the connection was dropped.
    pub answered: bool,
}

/// Something that was asked of the account, a database or a container, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataRequest {
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Status of the answer.
    pub status: u16,
}

impl Operation {
    pub(crate) fn of(request: &DataRequest, status: Option<u16>, answered: bool) -> Self {
        Self {
            verb: request.verb,
            container: request.container.clone(),
            partition: request.partition_text(),
            id: request.id.clone(),
            status,
            answered,
        }
    }
}

/// Everything recorded.
#[derive(Default)]
pub(crate) struct Recorded {
    operations: Mutex<VecDeque<Operation>>,
    metadata: Mutex<VecDeque<MetadataRequest>>,
}

impl Recorded {
    pub(crate) fn operation(&self, operation: Operation) {
        push(&self.operations, operation);
    }

    pub(crate) fn metadata(&self, request: MetadataRequest) {
        push(&self.metadata, request);
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        lock(&self.operations).iter().cloned().collect()
    }

    pub(crate) fn metadata_requests(&self) -> Vec<MetadataRequest> {
        lock(&self.metadata).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.operations).clear();
        lock(&self.metadata).clear();
    }
}

fn push<T>(remembered: &Mutex<VecDeque<T>>, new: T) {
    let mut remembered = lock(remembered);
    if remembered.len() == REMEMBERED {
        remembered.pop_front();
    }
    remembered.push_back(new);
}

/// Nothing here is left half-changed by a panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
