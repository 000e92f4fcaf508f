//! Places for things that happen at once. Who finds none free waits.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One of these places. If none is free, `full` says so before this waits for one.
pub(crate) async fn place(places: &Arc<Semaphore>, full: impl FnOnce()) -> Option<OwnedSemaphorePermit> {
    if let Ok(free) = Arc::clone(places).try_acquire_owned() {
        return Some(free);
    }
    full();
    Arc::clone(places).acquire_owned().await.ok()
}
