//! The logs of all instances, in memory, on tokio's clock.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use authorization_server::ground::Id;
use tokio::time::{Instant, sleep};

use remote_auth_mcp::ports::{
    event_log::{Batch, EventLog, Follow, HEARTBEAT_LIFETIME, LoggedEvent},
    records::StoreError,
};

/// How long each operation takes, so that others can come between.
const LATENCY: Duration = Duration::from_millis(3);
const PAGE: usize = 3;

#[derive(Default)]
pub(super) struct State {
    pub(super) logs: HashMap<Id, Vec<LoggedEvent>>,
    pub(super) heartbeats: HashMap<Id, Instant>,
    /// Every operation fails.
    pub(super) down: bool,
    /// The next read panics.
    pub(super) panics: bool,
    /// A read repeats the last events of the one before.
    pub(super) repeats: bool,
    pub(super) reads: usize,
}

#[derive(Clone, Default)]
pub(super) struct MemoryLog(Arc<Mutex<State>>);

impl MemoryLog {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn events(&self) -> Vec<LoggedEvent> {
        self.state().logs.values().flatten().cloned().collect()
    }

    /// How many reads there are in this time.
    pub(super) async fn reads_in(&self, time: Duration) -> usize {
        let before = self.state().reads;
        sleep(time).await;
        self.state().reads - before
    }

    async fn up(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        sleep(LATENCY).await;
        let state = self.state();
        if state.down { Err(StoreError("it is down".into())) } else { Ok(state) }
    }
}

/// A place in the log of one instance.
struct Place {
    log: MemoryLog,
    instance: Id,
    position: usize,
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, instance: Id, event: &LoggedEvent) -> Result<(), StoreError> {
        self.up().await?.logs.entry(instance).or_default().push(event.clone());
        Ok(())
    }

    async fn heartbeat(&self, instance: Id) -> Result<(), StoreError> {
        self.up().await?.heartbeats.insert(instance, Instant::now());
        Ok(())
    }

    async fn is_alive(&self, instance: Id) -> Result<bool, StoreError> {
        let last = self.up().await?.heartbeats.get(&instance).copied();
        Ok(last.is_some_and(|last| last.elapsed() < HEARTBEAT_LIFETIME))
    }

    fn follow(&self, instance: Id) -> Box<dyn Follow> {
        let position = self.state().logs.get(&instance).map_or(0, |log| log.len().saturating_sub(1));
        Box::new(Place { log: self.clone(), instance, position })
    }
}

#[async_trait]
impl Follow for Place {
    async fn next(&mut self) -> Result<Batch, StoreError> {
        self.log.state().reads += 1;
        let mut state = self.log.up().await?;
        if mem::take(&mut state.panics) {
            drop(state);
            panic!("the read panics, as the test wants");
        }
        let log = state.logs.get(&self.instance).map_or(&[] as &[_], Vec::as_slice);
        let end = self.position == log.len();
        let from = if state.repeats { self.position.saturating_sub(2) } else { self.position };
        let to = log.len().min(self.position + PAGE);
        self.position = to;
        Ok(Batch { events: log[from..to].to_vec(), end })
    }
}
