//! Whether the store and the keyring answer.
//!
//! Anybody may ask, as often as they like. So one probe runs at a time, and its result serves all who ask within a second.

use std::sync::{Arc, Mutex, PoisonError};

use authorization_server::{AuthorizationServer, ground::Clock};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use time::{Duration, OffsetDateTime};
use tokio::task::AbortHandle;

use crate::ports::records::{Address, Container, ItemStore};

/// How long the result of a probe is believed, from its start.
const PROBE_LIFETIME: Duration = Duration::SECOND;

/// Asks the store and the keyring whether they answer.
pub struct HealthCheck {
    records: Arc<dyn ItemStore>,
    server: Arc<AuthorizationServer>,
    clock: Arc<dyn Clock>,
    last: Mutex<Option<Probe>>,
}

/// Which of the two answer.
#[derive(Clone, Copy, Default)]
pub(super) struct Health {
    pub(super) store: bool,
    pub(super) keyring: bool,
}

/// The last probe. It runs in a task of its own, so that callers who leave do not make the next one begin another.
struct Probe {
    began: OffsetDateTime,
    task: AbortHandle,
    result: Shared<BoxFuture<'static, Health>>,
}

impl HealthCheck {
    /// Of this store, and of the keyring of this server.
    #[must_use]
    pub fn new(records: Arc<dyn ItemStore>, server: Arc<AuthorizationServer>, clock: Arc<dyn Clock>) -> Self {
        Self { records, server, clock, last: Mutex::default() }
    }

    /// The result of the last probe, or of a new one.
    pub(super) fn probed(&self) -> Shared<BoxFuture<'static, Health>> {
        let now = self.clock.now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let serves = |probe: &Probe| !probe.task.is_finished() || (now - probe.began).abs() < PROBE_LIFETIME;
        match last.as_ref().filter(|probe| serves(probe)) {
            Some(probe) => probe.result.clone(),
            None => last.insert(self.probe(now)).result.clone(),
        }
    }

    fn probe(&self, began: OffsetDateTime) -> Probe {
        let (records, server) = (Arc::clone(&self.records), Arc::clone(&self.server));
        let task = tokio::spawn(async move {
            let (store, keyring) = tokio::join!(store_answers(records.as_ref()), keyring_answers(&server));
            Health { store, keyring }
        });
        let (task, result) = (task.abort_handle(), task.map(Result::unwrap_or_default).boxed().shared());
        Probe { began, task, result }
    }
}

async fn store_answers(records: &dyn ItemStore) -> bool {
    let nothing = Address { container: Container::Clients, partition: "health".into(), id: "health".into() };
    let read = records.get(&nothing).await;
    read.inspect_err(|error| tracing::warn!(counted = true, %error, "the store does not answer")).is_ok()
}

async fn keyring_answers(server: &AuthorizationServer) -> bool {
    let sealed = server.check_keyring().await;
    sealed.inspect_err(|error| tracing::warn!(counted = true, %error, "the keyring does not answer")).is_ok()
}
