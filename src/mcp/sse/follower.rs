//! The one task that follows this instance's log and keeps its heartbeat, for as long as it holds streams.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use super::{
    outage::Outage,
    pace::Pace,
    reader::Reader,
    sessions::{Sessions, down},
};
use crate::ports::event_log::EventLog;

const HEARTBEAT: Duration = Duration::from_secs(10);
/// After a failure.
const RETRY: Duration = Duration::from_secs(1);

/// Runs until no stream is left.
pub(super) async fn run(sessions: Arc<Sessions>, log: Arc<dyn EventLog>) {
    // Outside the task: what it has read, and how far, outlives a panic.
    let reader = Arc::new(Mutex::new(Reader::new(&sessions, Arc::clone(&log))));
    // A panic would leave the streams without their messages, and nobody would say so.
    while let Err(panic) =
        tokio::spawn(follow_alive(Arc::clone(&sessions), Arc::clone(&log), Arc::clone(&reader))).await
    {
        tracing::error!(%panic, "the follower of events broke down");
        sleep(RETRY).await;
    }
}

async fn follow_alive(sessions: Arc<Sessions>, log: Arc<dyn EventLog>, reader: Arc<Mutex<Reader>>) {
    let mut reader = reader.lock().await;
    tokio::select! {
        () = sessions.stop.cancelled() => {}
        () = follow(&sessions, &mut reader) => {}
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

async fn follow(sessions: &Sessions, reader: &mut Reader) {
    let (mut pace, mut outage) = (Pace::new(sessions.ports.poll), Outage::default());
    while sessions.are_open() {
        match reader.page(sessions).await {
            Ok(page) => {
                outage.over("events are read again");
                if page.heard {
                    pace.heard();
                }
                if page.end {
                    tokio::select! {
                        () = sleep(pace.pause()) => {}
                        () = reader.asked() => pace.heard(),
                    }
                }
            }
            Err(error) => {
                outage.goes_on(&error, "events are not read");
                sleep(RETRY).await;
            }
        }
    }
}
