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

use crate::ports::{
    event_log::{Batch, Event, EventLog, Follow, HEARTBEAT_LIFETIME},
    records::StoreError,
};

/// Every operation takes a little; that lets others come between.
const LATENCY: Duration = Duration::from_millis(3);
const PAGE: usize = 3;

#[derive(Default)]
pub(super) struct State {
    pub(super) logs: HashMap<Id, Vec<Event>>,
    pub(super) heartbeats: HashMap<Id, Instant>,
    /// Nothing works.
    pub(super) down: bool,
    /// The next read panics.
    pub(super) breaks: bool,
    /// A read begins with what the last one ended with.
    pub(super) repeats: bool,
    pub(super) reads: usize,
}

#[derive(Default)]
pub(super) struct MemoryLog(Mutex<State>);

impl MemoryLog {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.state().logs.values().flatten().cloned().collect()
    }

    /// Reads in a stretch of time.
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

/// [`MemoryLog`] as the follower of one instance sees it.
struct Place {
    log: Arc<MemoryLog>,
    instance: Id,
    position: usize,
}

#[async_trait]
impl EventLog for Arc<MemoryLog> {
    async fn append(&self, instance: Id, event: &Event) -> Result<(), StoreError> {
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
        Box::new(Place { log: Self::clone(self), instance, position })
    }
}

#[async_trait]
impl Follow for Place {
    async fn next(&mut self) -> Result<Batch, StoreError> {
        self.log.state().reads += 1;
        let mut state = self.log.up().await?;
        if mem::take(&mut state.breaks) {
            drop(state);
            panic!("it breaks");
        }
        let log = state.logs.get(&self.instance).map_or(&[] as &[_], Vec::as_slice);
        let end = self.position == log.len();
        let from = if state.repeats { self.position.saturating_sub(2) } else { self.position };
        let to = log.len().min(self.position + PAGE);
        self.position = to;
        Ok(Batch { events: log[from..to].to_vec(), end })
    }
}
