//! Reads this instance's log page by page, delivers, and says how far it has come.
//!
//! Where messages come faster than pages are read, no page is ever the end. Then the reader appends a mark itself: once it
//! reads that, it has had everything that was appended before.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use authorization_server::ground::{Id, Unavailable};
use tokio::{sync::watch, time::Instant};

use super::{
    posted::Posted,
    seen::Seen,
    sessions::{Sessions, down},
};
use crate::ports::event_log::{EVENT_LIFETIME, Event, EventLog, Follow};

/// An event that cannot be opened holds up all streams for this long; what waits behind it is still in the log then.
const PATIENCE: Duration = Duration::from_secs(EVENT_LIFETIME.as_secs() / 2);

/// What outlives a failure.
pub(super) struct Reader {
    log: Arc<dyn EventLog>,
    feed: Box<dyn Follow>,
    asked: watch::Receiver<u64>,
    /// Read then, and not yet delivered.
    read: VecDeque<(Instant, Event)>,
    seen: Seen,
    /// Whether the last page was not the end.
    behind: bool,
    mark: Option<Mark>,
}

/// An event in the log that stands for the place where the log ended at a number of [`super::progress::Progress`].
struct Mark {
    event: Id,
    number: u64,
}

/// What a page was.
pub(super) struct Page {
    /// Whether there was anything.
    pub(super) heard: bool,
    /// Whether nothing else was in the log.
    pub(super) end: bool,
}

impl Reader {
    /// Of the log of this instance.
    pub(super) fn new(sessions: &Sessions, log: Arc<dyn EventLog>) -> Self {
        let (feed, asked) = (log.follow(sessions.instance), sessions.progress.asked());
        Self { log, feed, asked, read: VecDeque::new(), seen: Seen::new(EVENT_LIFETIME), behind: false, mark: None }
    }

    /// Somebody asks since the last page began.
    pub(super) async fn asked(&mut self) {
        // The sender is the sessions', which outlive this.
        let _ = self.asked.changed().await;
    }

    /// Reads a page, and delivers.
    pub(super) async fn page(&mut self, sessions: &Sessions) -> Result<Page, Unavailable> {
        let left = self.deliver_all(sessions).await?;
        let number = *self.asked.borrow_and_update();
        let batch = self.feed.next().await.map_err(down)?;
        let (now, seen) = (Instant::now(), &mut self.seen);
        self.read.extend(batch.events.into_iter().filter(|event| seen.is_new(event.id)).map(|event| (now, event)));
        let heard = self.deliver_all(sessions).await? || left;
        if batch.end {
            self.mark = None;
            sessions.progress.reached(number);
        } else if self.behind && self.mark.is_none() && sessions.progress.is_owed(number) {
            self.append_mark(sessions, number).await?;
        }
        self.behind = !batch.end;
        Ok(Page { heard, end: batch.end })
    }

    async fn append_mark(&mut self, sessions: &Sessions, number: u64) -> Result<(), Unavailable> {
        let event = Id::random(sessions.ports.entropy.as_ref());
        let mark = Event { id: event, sealed: String::new() };
        self.log.append(sessions.instance, &mark).await.map_err(down)?;
        self.mark = Some(Mark { event, number });
        Ok(())
    }

    /// Says whether there was anything. What breaks this task is not tried again.
    async fn deliver_all(&mut self, sessions: &Sessions) -> Result<bool, Unavailable> {
        let mut heard = false;
        while let Some((since, event)) = self.read.pop_front() {
            if event.sealed.is_empty() {
                self.pass(event.id, sessions);
                continue;
            }
            match deliver(sessions, &event).await {
                Ok(()) => heard = true,
                Err(error) if since.elapsed() < PATIENCE => {
                    self.read.push_front((since, event));
                    return Err(error);
                }
                Err(error) => tracing::warn!(event = %event.id, %error, "an event that does not open is dropped"),
            }
        }
        Ok(heard)
    }

    /// Comes to a mark; it may be one that nobody waits for any more.
    fn pass(&mut self, event: Id, sessions: &Sessions) {
        if let Some(mark) = self.mark.take_if(|mark| mark.event == event) {
            sessions.progress.reached(mark.number);
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
