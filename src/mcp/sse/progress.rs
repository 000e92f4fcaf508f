//! How far the follower has come, for those who wait for it.

use std::time::Duration;

use authorization_server::ground::Unavailable;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::ports::event_log::HEARTBEAT_LIFETIME;

/// Waited at most for the follower.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who asks takes a number: what began to be read after the n-th asked, and has been delivered, answers the n-th.
pub(super) struct Progress {
    asked: watch::Sender<u64>,
    reached: watch::Sender<u64>,
    alive_until: watch::Sender<Option<Instant>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { asked: watch::Sender::new(0), reached: watch::Sender::new(0), alive_until: watch::Sender::new(None) }
    }

    /// Every event that had been appended before this call has been delivered.
    pub(super) async fn caught_up(&self) -> Result<(), Unavailable> {
        let mut reached = self.reached.subscribe();
        let mut ticket = 0;
        self.asked.send_modify(|asked| {
            *asked += 1;
            ticket = *asked;
        });
        match timeout(PATIENCE, reached.wait_for(|reached| *reached >= ticket)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(late("the events of this instance cannot be read")),
        }
    }

    /// Other instances know that this one holds streams.
    pub(super) async fn alive(&self) -> Result<(), Unavailable> {
        let mut alive = self.alive_until.subscribe();
        let speaks = |until: &Option<Instant>| until.is_some_and(|until| Instant::now() < until);
        match timeout(PATIENCE, alive.wait_for(speaks)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(late("the heartbeat of this instance cannot be written")),
        }
    }

    /// For the follower: when somebody asks.
    pub(super) fn asked(&self) -> watch::Receiver<u64> {
        self.asked.subscribe()
    }

    /// For the follower: what had been appended when this number was the last has been delivered.
    pub(super) fn reached(&self, number: u64) {
        self.reached.send_replace(number);
    }

    /// For the follower: whether anybody up to this number still waits, or did until he lost patience.
    pub(super) fn is_owed(&self, number: u64) -> bool {
        *self.reached.borrow() < number
    }

    /// For the heartbeat that was begun then.
    pub(super) fn beaten(&self, began: Instant) {
        self.alive_until.send_replace(Some(began + HEARTBEAT_LIFETIME));
    }
}

fn late(reason: &str) -> Unavailable {
    Unavailable { what: "store", reason: reason.to_owned() }
}
