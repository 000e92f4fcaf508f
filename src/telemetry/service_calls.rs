//! Calls to the services behind this server: counted, and written as one line a minute for each outcome.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use authorization_server::ground::OperationalEvent;
use futures_util::FutureExt as _;
use tokio::time::{Duration, Instant};

/// Between two lines of one outcome.
const INTERVAL: Duration = Duration::from_mins(1);

/// A service behind this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Cosmos DB.
    Store,
    /// Key Vault.
    Vault,
    /// Entra's token endpoint and its keys.
    Entra,
    /// Microsoft Graph.
    Graph,
}

impl Service {
    /// The name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "Cosmos DB",
            Self::Vault => "Key Vault",
            Self::Entra => "Entra ID",
            Self::Graph => "Microsoft Graph",
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallOutcome {
    /// The service answered. An answer that says no is one.
    Answered,
    /// Key Vault does not let this server use the key.
    Refused,
    /// No answer, or one that says that the service is throttled or broken.
    Failed,
}

impl CallOutcome {
    /// The name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// The calls of one process to one service.
#[derive(Debug)]
pub struct ServiceCalls {
    service: Service,
    counted: Mutex<HashMap<CallOutcome, CallCounts>>,
}

/// The calls since the last line.
#[derive(Debug, Default)]
struct CallCounts {
    written_at: Option<Instant>,
    calls: u64,
    total: Duration,
    slowest: Duration,
}

impl ServiceCalls {
    /// No call yet.
    #[must_use]
    pub fn new(service: Service) -> Self {
        Self { service, counted: Mutex::default() }
    }

    /// Makes the call, and counts it. `outcome` is that of its error. A call that is dropped before its end does not count.
    pub fn count<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        outcome: impl FnOnce(&E) -> CallOutcome,
    ) -> impl Future<Output = Result<T, E>> {
        let began = Instant::now();
        // An async function would have room for the call twice.
        call.inspect(move |result| {
            let outcome = result.as_ref().err().map_or(CallOutcome::Answered, outcome);
            self.add(outcome, began.elapsed());
        })
    }

    /// The first call of an outcome is a line at once. Calls after a line are counted, and written with a later call of any outcome.
    fn add(&self, outcome: CallOutcome, took: Duration) {
        let mut all = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = all.entry(outcome).or_default();
        counted.calls += 1;
        counted.total += took;
        counted.slowest = counted.slowest.max(took);
        let is_due =
            |counted: &CallCounts| counted.written_at.is_none_or(|written_at| written_at.elapsed() >= INTERVAL);
        for (outcome, counted) in all.iter_mut().filter(|(_, counted)| counted.calls > 0 && is_due(counted)) {
            let since =
                std::mem::replace(counted, CallCounts { written_at: Some(Instant::now()), ..CallCounts::default() });
            self.write(*outcome, &since);
        }
    }

    fn write(&self, outcome: CallOutcome, since: &CallCounts) {
        let (event, service) = (OperationalEvent::ServiceCalls.as_str(), self.service.as_str());
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (total, slowest) = (milliseconds(since.total), milliseconds(since.slowest));
        let (calls, version) = (since.calls, env!("CARGO_PKG_VERSION"));
        let result = outcome.as_str();
        match outcome {
            CallOutcome::Answered => {
                tracing::info!(event, service, outcome = result, calls, total, slowest, version, "service called");
            }
            CallOutcome::Refused | CallOutcome::Failed => {
                tracing::warn!(event, service, outcome = result, calls, total, slowest, version, "service called");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tracing::subscriber::{DefaultGuard, set_default};
    use tracing_subscriber::{layer::SubscriberExt as _, registry};

    use super::*;
    use crate::{
        platform::SystemClock,
        telemetry::{JsonLines, written::Written},
    };
    use std::sync::Arc;

    impl Written {
        fn begin() -> (Self, DefaultGuard) {
            let written = Self::default();
            let writer = written.clone();
            let lines = JsonLines::new(move || writer.clone(), Arc::new(SystemClock));
            (written, set_default(registry().with(lines)))
        }

        /// Each line: level, outcome, calls, total, slowest.
        fn lines(&self) -> Vec<(String, String, [u64; 3])> {
            self.text().lines().map(|line| read(&serde_json::from_str(line).unwrap())).collect()
        }
    }

    fn read(line: &Value) -> (String, String, [u64; 3]) {
        assert_eq!((&line["event"], &line["service"]), (&"service_calls".into(), &"Microsoft Graph".into()));
        let text = |member: &str| line[member].as_str().unwrap().to_owned();
        let number = |member: &str| line[member].as_u64().unwrap();
        (text("level"), text("outcome"), ["calls", "total", "slowest"].map(number))
    }

    fn line(level: &str, outcome: &str, numbers: [u64; 3]) -> (String, String, [u64; 3]) {
        (level.into(), outcome.into(), numbers)
    }

    async fn call(calls: &ServiceCalls, outcome: CallOutcome, milliseconds: u64) {
        let call = async {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            if outcome == CallOutcome::Answered { Ok(()) } else { Err(outcome) }
        };
        let expected = if outcome == CallOutcome::Answered { Ok(()) } else { Err(outcome) };
        assert_eq!(calls.count(call, |outcome| *outcome).await, expected, "the result of a call stays");
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_call_is_a_line_and_those_of_the_next_minute_are_one() {
        let (calls, (written, _guard)) = (ServiceCalls::new(Service::Graph), Written::begin());
        for milliseconds in [30, 10, 50] {
            call(&calls, CallOutcome::Answered, milliseconds).await;
        }
        assert_eq!(written.lines(), [line("INFO", "answered", [1, 30, 30])]);
        tokio::time::advance(INTERVAL).await;
        call(&calls, CallOutcome::Answered, 20).await;
        assert_eq!(written.lines()[1], line("INFO", "answered", [3, 80, 50]));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_that_wait_are_written_with_a_call_that_succeeds() {
        let (calls, (written, _guard)) = (ServiceCalls::new(Service::Graph), Written::begin());
        for _ in 0..3 {
            call(&calls, CallOutcome::Failed, 10).await;
        }
        tokio::time::advance(INTERVAL).await;
        call(&calls, CallOutcome::Answered, 1).await;
        assert!(written.lines().contains(&line("WARN", "failed", [2, 20, 10])));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_a_line_at_once_however_many_calls_succeed() {
        let (calls, (written, _guard)) = (ServiceCalls::new(Service::Graph), Written::begin());
        call(&calls, CallOutcome::Answered, 1).await;
        call(&calls, CallOutcome::Failed, 4_000).await;
        call(&calls, CallOutcome::Refused, 2).await;
        let expected = [
            line("INFO", "answered", [1, 1, 1]),
            line("WARN", "failed", [1, 4_000, 4_000]),
            line("WARN", "refused", [1, 2, 2]),
        ];
        assert_eq!(written.lines(), expected);
    }
}
