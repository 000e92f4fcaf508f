//! Captures the whole log, so that a test can look for secrets.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use tracing::{level_filters::LevelFilter, subscriber::DefaultGuard, subscriber::set_default};

use crate::{lock, second_subscriber};

/// Every event of this thread since [`EventLog::start`], at every level.
#[derive(Clone, Default)]
pub struct EventLog(Arc<Mutex<Vec<u8>>>);

impl EventLog {
    /// Listens until the guard is dropped.
    #[must_use]
    pub fn start() -> (Self, DefaultGuard) {
        second_subscriber::keep();
        let log = Self::default();
        let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).without_time().with_ansi(false);
        (log.clone(), set_default(lines.with_writer(move || log.clone()).finish()))
    }

    /// The events, each with ` field=value` for every field and for those of its spans.
    #[must_use]
    pub fn events(&self) -> Vec<String> {
        String::from_utf8_lossy(&lock(&self.0)).lines().map(str::to_owned).collect()
    }
}

impl Write for EventLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
