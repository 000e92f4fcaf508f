//! Outages in the log of this process.

use authorization_server::ground::Unavailable;

/// Logs that an operation fails and that it works again, but not each attempt.
#[derive(Default)]
pub(super) struct Outage {
    reported: bool,
}

impl Outage {
    /// An attempt failed.
    pub(super) fn failed(&mut self, error: &Unavailable, message: &'static str) {
        if !self.reported {
            tracing::warn!(%error, "{message}");
        }
        self.reported = true;
    }

    /// An attempt succeeded.
    pub(super) fn succeeded(&mut self, message: &'static str) {
        if self.reported {
            tracing::info!("{message}");
        }
        self.reported = false;
    }
}

#[cfg(test)]
mod tests {
    use tracing::{Event, Level, Metadata, Subscriber, span, subscriber::with_default};

    use super::*;

    /// Counts events by level.
    #[derive(Default)]
    struct Counting(std::sync::Arc<std::sync::Mutex<Vec<Level>>>);

    impl Subscriber for Counting {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, event: &Event<'_>) {
            self.0.lock().unwrap().push(*event.metadata().level());
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn an_outage_is_two_lines_however_long_it_lasts() {
        let logged = Counting::default();
        let levels = std::sync::Arc::clone(&logged.0);
        with_default(logged, || {
            let mut outage = Outage::default();
            outage.succeeded("works again");
            for _ in 0..2 {
                (0..50).for_each(|_| outage.failed(&Unavailable::store("down"), "fails"));
                (0..50).for_each(|_| outage.succeeded("works again"));
            }
        });
        assert_eq!(*levels.lock().unwrap(), [Level::WARN, Level::INFO, Level::WARN, Level::INFO]);
    }
}
