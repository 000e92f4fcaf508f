//! Lines wait in a bounded queue for a thread that writes them, so nobody who logs waits for stdout.
//!
//! A full queue drops lines and counts them. The count is logged as soon as the writer has caught up.

use std::{
    io::{self, BufWriter, Write},
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use serde::Serialize;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

use super::json_lines::Now;

/// Lines that may wait: about 1 MiB.
pub(super) const MAX_WAITING_LINES: usize = 4096;
/// How long lines gather after a write, so that the thread is not woken for each of them.
const WRITE_INTERVAL: Duration = Duration::from_millis(10);

/// Starts the thread that writes to `output`. Dropping the guard writes what waits, for at most a second.
pub(super) fn queue(output: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    let dropped = Arc::new(OnceLock::new());
    let output = Output { lines: BufWriter::new(output), dropped: Arc::clone(&dropped), reported: 0, since_report: 0 };
    let (queue, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(MAX_WAITING_LINES).lossy(true).finish(output);
    let _ = dropped.set(queue.error_counter());
    (queue, guard)
}

/// Writes lines, and how many are missing.
struct Output<W: Write> {
    lines: BufWriter<W>,
    dropped: Arc<OnceLock<ErrorCounter>>,
    /// The count of dropped lines when it was last reported.
    reported: usize,
    since_report: usize,
}

/// A line of the shape of [`super::json_lines::JsonLines`]. It is written at every `LOG_LEVEL`.
#[derive(Serialize)]
struct Report {
    timestamp: Now,
    level: &'static str,
    target: &'static str,
    message: &'static str,
    dropped: usize,
}

impl<W: Write> Output<W> {
    /// Logs how many lines were dropped since the last report, if any.
    fn report(&mut self) -> io::Result<()> {
        self.since_report = 0;
        let count = self.dropped.get().map_or(0, ErrorCounter::dropped_lines);
        if count == self.reported {
            return Ok(());
        }
        let report = Report {
            timestamp: Now,
            level: "ERROR",
            target: module_path!(),
            message: "log lines dropped: stdout was not read fast enough",
            dropped: count - self.reported,
        };
        let mut line = serde_json::to_vec(&report)?;
        line.push(b'\n');
        self.lines.write_all(&line)?;
        self.reported = count;
        Ok(())
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.write_all(line)?;
        self.since_report += 1;
        // Under constant overload the queue never gets empty, and is never flushed.
        if self.since_report == MAX_WAITING_LINES {
            self.report()?;
        }
        Ok(line.len())
    }

    /// The worker thread flushes whenever the queue is empty.
    #[expect(clippy::disallowed_methods, reason = "a thread of its own")]
    fn flush(&mut self) -> io::Result<()> {
        self.report()?;
        self.lines.flush()?;
        thread::sleep(WRITE_INTERVAL);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use serde_json::Value;

    use super::*;

    /// An output that blocks until its gate is opened by dropping the sender. Its bytes end with the thread.
    struct Gated {
        gate: mpsc::Receiver<()>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Gated {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.gate.recv();
            let _ = self.written.send(bytes.to_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gated() -> (mpsc::Sender<()>, mpsc::Receiver<Vec<u8>>, Gated) {
        let ((open, gate), (written, lines)) = (mpsc::channel(), mpsc::channel());
        (open, lines, Gated { gate, written })
    }

    /// All lines, once the thread has ended: the guard waits for it no longer than a second.
    fn lines(written: mpsc::Receiver<Vec<u8>>) -> Vec<Value> {
        let written: Vec<u8> = written.into_iter().flatten().collect();
        String::from_utf8(written).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_full_queue_drops_lines_and_reports_their_number() {
        let (open, written, output) = gated();
        let (mut queue, guard) = queue(output);
        let sent = MAX_WAITING_LINES * 3;
        for number in 0..sent {
            queue.write_all(format!("{{\"number\":{number}}}\n").as_bytes()).unwrap();
        }
        drop(open);
        drop((queue, guard));
        let lines = lines(written);
        let (reports, kept): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line["number"].is_null());
        let dropped: u64 = reports.iter().map(|report| report["dropped"].as_u64().unwrap()).sum();
        assert!(kept.len() >= MAX_WAITING_LINES, "{} lines were written", kept.len());
        assert_eq!(kept.len() as u64 + dropped, sent as u64);
        assert_eq!(
            (&reports[0]["level"], &reports[0]["target"]),
            (&"ERROR".into(), &module_path!().replace("::tests", "").into())
        );
    }

    #[test]
    fn lines_that_wait_are_written_together() {
        let (open, written, output) = gated();
        let (mut queue, guard) = queue(output);
        for number in 0..100 {
            queue.write_all(format!("{{\"number\":{number}}}\n").as_bytes()).unwrap();
        }
        drop(open);
        drop((queue, guard));
        assert!(written.into_iter().count() <= 2, "those before the gate was opened, and all others");
    }

    #[test]
    fn a_queue_that_dropped_nothing_reports_nothing() {
        let (open, written, output) = gated();
        let (mut queue, guard) = queue(output);
        queue.write_all(b"{\"number\":1}\n").unwrap();
        drop(open);
        drop((queue, guard));
        assert_eq!(lines(written), [serde_json::json!({ "number": 1 })]);
    }
}
