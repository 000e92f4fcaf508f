//! The one task that reads this instance's log and writes its heartbeat, while it holds streams.

use std::{sync::Arc, time::Duration};

use authorization_server::ground::Unavailable;
use backon::{ConstantBuilder, Retryable as _, RetryableWithContext as _};
use tokio::{
    sync::Mutex,
    task::JoinError,
    time::{Instant, sleep},
};

use super::{
    delivery::Delivery,
    failure,
    outage::Outage,
    polling::Polling,
    reader::{EventReader, LogPage},
};
use crate::ports::event_log::EventLog;

const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);
/// After a failure: again and again.
const FOLLOW_RETRY: ConstantBuilder = ConstantBuilder::new().with_delay(Duration::from_secs(1)).without_max_times();

/// Runs until no stream is left.
pub(super) async fn run(delivery: Arc<Delivery>, log: Arc<dyn EventLog>) {
    // The reader outlives a panic, so no event is lost or delivered twice.
    let reader = Arc::new(Mutex::new(EventReader::new(Arc::clone(&delivery), Arc::clone(&log))));
    // If the task ended by a panic, the streams would get no messages any more.
    let task = || tokio::spawn(follow_and_beat(Arc::clone(&delivery), Arc::clone(&log), Arc::clone(&reader)));
    let failed = |error: &JoinError, _| {
        tracing::error!(reason = failure::of_task(error), "event reader ended: starting it again");
    };
    let _ = task.retry(FOLLOW_RETRY).notify(failed).await;
}

async fn follow_and_beat(delivery: Arc<Delivery>, log: Arc<dyn EventLog>, reader: Arc<Mutex<EventReader>>) {
    let mut reader = reader.lock().await;
    tokio::select! {
        () = delivery.instance.stop.cancelled() => {}
        () = follow(&delivery, &mut reader) => {}
        () = beat(&delivery, log.as_ref()) => {}
    }
}

async fn beat(delivery: &Delivery, log: &dyn EventLog) {
    let mut outage = Outage::default();
    loop {
        let heartbeat = async || {
            let began = Instant::now();
            log.heartbeat(delivery.instance.id).await.map(|()| began).map_err(Unavailable::from)
        };
        let failed = |error: &Unavailable, _| outage.failed(error, "heartbeat not written: trying again");
        if let Ok(began) = heartbeat.retry(FOLLOW_RETRY).notify(failed).await {
            outage.succeeded("heartbeat written again");
            delivery.instance.progress.heartbeat(began);
        }
        sleep(HEARTBEAT_INTERVAL).await;
    }
}

async fn follow(delivery: &Delivery, mut reader: &mut EventReader) {
    let (mut polling, mut outage) = (Polling::new(delivery.instance.ports.poll), Outage::default());
    while delivery.registry.keeps_follower() {
        let wanted = |_: &Unavailable| delivery.registry.keeps_follower();
        let failed = |error: &Unavailable, _| outage.failed(error, "events not read: trying again");
        let (again, page) = read.retry(FOLLOW_RETRY).context(reader).when(wanted).notify(failed).await;
        let Ok(page) = page else { return };
        reader = again;
        outage.succeeded("events are read again");
        if page.has_events {
            polling.wake();
        }
        if page.is_last {
            tokio::select! {
                () = sleep(polling.pause()) => {}
                () = reader.requested() => polling.wake(),
            }
        }
    }
}

async fn read(reader: &mut EventReader) -> (&mut EventReader, Result<LogPage, Unavailable>) {
    let page = reader.page().await;
    (reader, page)
}
