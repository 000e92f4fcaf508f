//! The one task that reads this instance's log and writes its heartbeat, while it holds streams.

use std::{sync::Arc, time::Duration};

use authorization_server::ground::Unavailable;
use backon::{ConstantBuilder, Retryable as _};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

use super::{delivery::Delivery, outage::Outage, polling::Polling, reader::Reader};
use crate::ports::event_log::EventLog;

const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// After a failure: again and again.
const RETRY: ConstantBuilder = ConstantBuilder::new().with_delay(RETRY_DELAY).without_max_times();

/// Runs until no stream is left.
pub(super) async fn run(delivery: Arc<Delivery>, log: Arc<dyn EventLog>) {
    // The reader outlives a panic, so no event is lost or delivered twice.
    let reader = Arc::new(Mutex::new(Reader::new(Arc::clone(&delivery), Arc::clone(&log))));
    // If the task ended by a panic, the streams would get no messages any more.
    while let Err(panic) =
        tokio::spawn(follow_and_beat(Arc::clone(&delivery), Arc::clone(&log), Arc::clone(&reader))).await
    {
        tracing::error!(%panic, "event reader panicked: starting it again");
        sleep(RETRY_DELAY).await;
    }
}

async fn follow_and_beat(delivery: Arc<Delivery>, log: Arc<dyn EventLog>, reader: Arc<Mutex<Reader>>) {
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
        if let Ok(began) = heartbeat.retry(RETRY).notify(failed).await {
            outage.succeeded("heartbeat written again");
            delivery.instance.progress.heartbeat(began);
        }
        sleep(HEARTBEAT_INTERVAL).await;
    }
}

async fn follow(delivery: &Delivery, reader: &mut Reader) {
    let (mut polling, mut outage) = (Polling::new(delivery.instance.ports.poll), Outage::default());
    while delivery.registry.keeps_follower() {
        match reader.page().await {
            Ok(page) => {
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
            Err(error) => {
                outage.failed(&error, "events not read: trying again");
                sleep(RETRY_DELAY).await;
            }
        }
    }
}
