//! The one task that follows this instance's log and keeps its heartbeat, for as long as it holds streams.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use authorization_server::ports::Unavailable;
use tokio::time::{Instant, sleep};

use super::{
    pace::Pace,
    posted::Posted,
    seen::Seen,
    sessions::{Sessions, down},
};
use crate::ports::event_log::{EVENT_LIFETIME, Event, EventLog, Follow};

const HEARTBEAT: Duration = Duration::from_secs(10);
/// After a failure.
const RETRY: Duration = Duration::from_secs(1);

/// Runs until no stream is left.
pub(super) async fn run(sessions: Arc<Sessions>, log: Arc<dyn EventLog>) {
    // A panic would leave the streams without their messages, and nobody would say so.
    while let Err(panic) = tokio::spawn(follow_alive(Arc::clone(&sessions), Arc::clone(&log))).await {
        tracing::error!(%panic, "the follower of events broke down");
        sleep(RETRY).await;
    }
}

async fn follow_alive(sessions: Arc<Sessions>, log: Arc<dyn EventLog>) {
    let follower =
        Follower { feed: log.follow(sessions.instance), read: VecDeque::new(), seen: Seen::new(EVENT_LIFETIME) };
    tokio::select! {
        () = sessions.stop.cancelled() => {}
        () = follower.follow(&sessions) => {}
        () = keep_alive(&sessions, log.as_ref()) => {}
    }
}

async fn keep_alive(sessions: &Sessions, log: &dyn EventLog) {
    let mut outage = Outage::default();
    loop {
        let began = Instant::now();
        match log.heartbeat(sessions.instance).await {
            Ok(()) => {
                outage.over("the heartbeat is written again");
                sessions.progress.beaten(began);
                sleep(HEARTBEAT).await;
            }
            Err(error) => {
                outage.goes_on(&down(error), "the heartbeat is not written");
                sleep(RETRY).await;
            }
        }
    }
}

struct Follower {
    feed: Box<dyn Follow>,
    /// Read, and not yet delivered.
    read: VecDeque<Event>,
    seen: Seen,
}

impl Follower {
    async fn follow(mut self, sessions: &Sessions) {
        let (mut pace, mut outage) = (Pace::new(sessions.ports.poll), Outage::default());
        let mut asked = sessions.progress.asked();
        while sessions.are_open() {
            let number = *asked.borrow_and_update();
            match self.round(sessions).await {
                Ok(heard) => {
                    outage.over("events are read again");
                    sessions.progress.reached(number);
                    if heard {
                        pace.heard();
                    }
                    tokio::select! {
                        () = sleep(pace.pause()) => {}
                        _ = asked.changed() => pace.heard(),
                    }
                }
                Err(error) => {
                    outage.goes_on(&error, "events are not read");
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// Reads to the end of the log, and delivers. Says whether there was anything.
    async fn round(&mut self, sessions: &Sessions) -> Result<bool, Unavailable> {
        let (mut heard, mut end) = (false, false);
        loop {
            while let Some(event) = self.read.front() {
                deliver(sessions, event).await?;
                self.read.pop_front();
                heard = true;
            }
            if end {
                return Ok(heard);
            }
            let batch = self.feed.next().await.map_err(down)?;
            let new = batch.events.into_iter().filter(|event| self.seen.is_new(event.id));
            self.read.extend(new);
            end = batch.end;
        }
    }
}

/// Hands an event to its session. What cannot be delivered is dropped: the session is gone, or never was.
async fn deliver(sessions: &Sessions, event: &Event) -> Result<(), Unavailable> {
    if let Some(posted) = Posted::open(sessions.ports.sealer.as_ref(), sessions.instance, event).await? {
        sessions.take_posted(posted);
    } else {
        tracing::warn!(event = %event.id, "an event was not sealed for this instance");
    }
    Ok(())
}

/// Logs a failure when it begins and when it ends, not at each try.
#[derive(Default)]
struct Outage {
    lasts: bool,
}

impl Outage {
    fn goes_on(&mut self, error: &Unavailable, what: &'static str) {
        if !self.lasts {
            tracing::warn!(%error, "{what}");
        }
        self.lasts = true;
    }

    fn over(&mut self, what: &'static str) {
        if self.lasts {
            tracing::info!("{what}");
        }
        self.lasts = false;
    }
}
