//! The place to which this instance has read its log, for callers that wait for it.

use std::time::Duration;

use authorization_server::ground::Unavailable;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::ports::event_log::HEARTBEAT_LIFETIME;

/// How long a caller waits for a read of the log, or for a heartbeat.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(5);

/// Each caller gets a sequence number. A read of the log that starts after the call, once its events are delivered,
/// completes the call.
pub(super) struct LogProgress {
    requested: watch::Sender<u64>,
    completed: watch::Sender<u64>,
    alive_until: watch::Sender<Option<Instant>>,
}

impl LogProgress {
    /// The progress of an instance that has read nothing and written no heartbeat.
    pub(super) fn new() -> Self {
        let (requested, completed) = (watch::Sender::new(0), watch::Sender::new(0));
        Self { requested, completed, alive_until: watch::Sender::new(None) }
    }

    /// Waits until all events that were appended before this call have been delivered.
    pub(super) async fn caught_up(&self) -> Result<(), Unavailable> {
        let mut completed = self.completed.subscribe();
        let mut number = 0;
        self.requested.send_modify(|requested| {
            *requested += 1;
            number = *requested;
        });
        match timeout(PROGRESS_TIMEOUT, completed.wait_for(|completed| *completed >= number)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(late("the log of this instance is not read")),
        }
    }

    /// Waits until other instances can see that this one holds streams.
    pub(super) async fn alive(&self) -> Result<(), Unavailable> {
        let mut alive_until = self.alive_until.subscribe();
        let is_alive = |until: &Option<Instant>| until.is_some_and(|until| Instant::now() < until);
        match timeout(PROGRESS_TIMEOUT, alive_until.wait_for(is_alive)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(late("the heartbeat of this instance is not written")),
        }
    }

    /// For the reader: the number of the last call.
    pub(super) fn requested(&self) -> watch::Receiver<u64> {
        self.requested.subscribe()
    }

    /// For the reader: all calls up to this number are complete.
    pub(super) fn complete(&self, number: u64) {
        self.completed.send_replace(number);
    }

    /// For the reader: whether a call up to this number is incomplete. The caller may have stopped waiting.
    pub(super) fn is_incomplete(&self, number: u64) -> bool {
        *self.completed.borrow() < number
    }

    /// For the follower: a heartbeat that was begun at this time has been written.
    pub(super) fn heartbeat(&self, began: Instant) {
        self.alive_until.send_replace(Some(began + HEARTBEAT_LIFETIME));
    }
}

fn late(reason: &str) -> Unavailable {
    Unavailable::store(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_is_complete_when_a_read_that_began_after_it_is() {
        let progress = LogProgress::new();
        let before = *progress.requested().borrow();
        let reader = async {
            sleep(Duration::from_millis(1)).await;
            progress.complete(before);
            sleep(Duration::from_secs(1)).await;
            assert!(progress.is_incomplete(before + 1), "the read before the call completes nothing");
            progress.complete(*progress.requested().borrow());
        };
        let began = Instant::now();
        let caught_up = async {
            progress.caught_up().await.unwrap();
            began.elapsed()
        };
        let (waited, ()) = tokio::join!(caught_up, reader);
        assert!(waited > Duration::from_secs(1), "{waited:?}");
        assert!(!progress.is_incomplete(before + 1));
    }

    #[tokio::test(start_paused = true)]
    async fn one_read_completes_all_calls_before_it() {
        let progress = LogProgress::new();
        let reader = async {
            sleep(Duration::from_millis(1)).await;
            progress.complete(*progress.requested().borrow());
        };
        let (first, second, third, ()) =
            tokio::join!(progress.caught_up(), progress.caught_up(), progress.caught_up(), reader);
        assert!(first.is_ok() && second.is_ok() && third.is_ok());
        assert_eq!(*progress.requested().borrow(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_waits_five_seconds_for_a_read() {
        let progress = LogProgress::new();
        let began = Instant::now();
        let late = progress.caught_up().await.unwrap_err();
        assert_eq!(late.reason, "the log of this instance is not read");
        assert!(began.elapsed() >= PROGRESS_TIMEOUT && began.elapsed() < PROGRESS_TIMEOUT * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_instance_is_alive_for_the_life_of_a_heartbeat_from_when_it_was_begun() {
        let progress = LogProgress::new();
        assert!(progress.alive().await.is_err(), "none is written");
        let began = Instant::now();
        advance(HEARTBEAT_LIFETIME / 2).await;
        progress.heartbeat(began);
        assert!(progress.alive().await.is_ok());
        advance((HEARTBEAT_LIFETIME / 2).saturating_sub(Duration::from_millis(1))).await;
        assert!(progress.alive().await.is_ok());
        advance(Duration::from_millis(1)).await;
        assert_eq!(progress.alive().await.unwrap_err().reason, "the heartbeat of this instance is not written");
    }

    #[tokio::test(start_paused = true)]
    async fn a_heartbeat_ends_the_wait_for_it() {
        let progress = LogProgress::new();
        let beat = async {
            sleep(Duration::from_secs(4)).await;
            progress.heartbeat(Instant::now());
        };
        let (alive, ()) = tokio::join!(progress.alive(), beat);
        alive.unwrap();
    }
}
