//! Reads this instance's log page by page, delivers the events, and completes the calls that wait for them.
//!
//! If events come faster than pages are read, no page is ever the last. Then the reader appends a mark to the log itself.
//! Once it reads the mark, it has read everything that was appended before.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use authorization_server::ground::{Id, Unavailable};
use tokio::{sync::watch, time::Instant};

use super::{delivery::Delivery, posted::Posted, seen::Seen};
use crate::ports::event_log::{EVENT_LIFETIME, EventLog, Follow, LoggedEvent};

/// How long an event that cannot be opened holds up all streams. Events behind it are still in the log then.
const OPEN_TIMEOUT: Duration = Duration::from_secs(EVENT_LIFETIME.as_secs() / 2);

/// The place in the log, and events that were read but not delivered. It outlives a failure.
pub(super) struct EventReader {
    delivery: Arc<Delivery>,
    log: Arc<dyn EventLog>,
    feed: Box<dyn Follow>,
    requested: watch::Receiver<u64>,
    /// Read at this time, and not delivered yet.
    undelivered: VecDeque<(Instant, LoggedEvent)>,
    seen: Seen,
    /// Whether there was more behind the last page.
    is_behind: bool,
    mark: Option<Mark>,
}

/// An event in the log. Reading it completes the calls up to a number of [`super::log_progress::LogProgress`].
struct Mark {
    event: Id,
    number: u64,
}

/// The result of a read.
pub(super) struct LogPage {
    /// Whether there were events.
    pub(super) has_events: bool,
    /// Whether nothing was behind it.
    pub(super) is_last: bool,
}

impl EventReader {
    /// Starts at the end of this instance's log.
    pub(super) fn new(delivery: Arc<Delivery>, log: Arc<dyn EventLog>) -> Self {
        let feed = log.follow(delivery.instance.id);
        let requested = delivery.instance.progress.requested();
        let (undelivered, seen) = (VecDeque::new(), Seen::new(EVENT_LIFETIME));
        Self { delivery, log, feed, requested, undelivered, seen, is_behind: false, mark: None }
    }

    /// Waits until a caller waits for the next read.
    pub(super) async fn requested(&mut self) {
        // The sender lives as long as `delivery`.
        let _ = self.requested.changed().await;
    }

    /// Reads a page, and delivers its events.
    pub(super) async fn page(&mut self) -> Result<LogPage, Unavailable> {
        let had_undelivered = self.deliver_all().await?;
        let number = *self.requested.borrow_and_update();
        let batch = self.feed.next().await?;
        let (now, seen) = (Instant::now(), &mut self.seen);
        let new = batch.events.into_iter().filter(|event| seen.is_new(event.id));
        self.undelivered.extend(new.map(|event| (now, event)));
        let has_events = self.deliver_all().await? || had_undelivered;
        if batch.end {
            self.mark = None;
            self.delivery.instance.progress.complete(number);
        } else if self.is_behind && self.mark.is_none() && self.delivery.instance.progress.is_incomplete(number) {
            self.append_mark(number).await?;
        }
        self.is_behind = !batch.end;
        Ok(LogPage { has_events, is_last: batch.end })
    }

    async fn append_mark(&mut self, number: u64) -> Result<(), Unavailable> {
        let event = self.delivery.instance.new_id();
        let mark = LoggedEvent { id: event, sealed: String::new() };
        self.log.append(self.delivery.instance.id, &mark).await?;
        self.mark = Some(Mark { event, number });
        Ok(())
    }

    /// Delivers all events, and says whether there were any. An event whose delivery panics is not tried again.
    async fn deliver_all(&mut self) -> Result<bool, Unavailable> {
        let mut has_events = false;
        while let Some((since, event)) = self.undelivered.pop_front() {
            if event.sealed.is_empty() {
                self.pass_mark(event.id);
                continue;
            }
            match deliver(&self.delivery, &event).await {
                Ok(()) => has_events = true,
                Err(error) if since.elapsed() < OPEN_TIMEOUT => {
                    self.undelivered.push_front((since, event));
                    return Err(error);
                }
                Err(error) => {
                    tracing::warn!(counted = true, message_id = %event.id, %error, "event dropped: it could not be opened");
                }
            }
        }
        Ok(has_events)
    }

    /// Completes the calls that wait for this mark. An older mark completes none.
    fn pass_mark(&mut self, event: Id) {
        if let Some(mark) = self.mark.take_if(|mark| mark.event == event) {
            self.delivery.instance.progress.complete(mark.number);
        }
    }
}

async fn deliver(delivery: &Delivery, event: &LoggedEvent) -> Result<(), Unavailable> {
    let instance = &delivery.instance;
    if let Some(posted) = Posted::open(&instance.ports, instance.id, event).await? {
        delivery.deliver_logged(posted);
    } else {
        tracing::warn!(counted = true, message_id = %event.id, "event dropped: it was not sealed for this instance");
    }
    Ok(())
}
