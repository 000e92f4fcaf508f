//! One JSON line per event on stdout, where the Functions host picks it up. docs/operations/telemetry.md describes it.

mod audit;
mod json_lines;
mod log_throttle;
mod own_targets;
mod panics;
mod queue;
mod service_calls;
mod trace_context;
#[cfg(test)]
mod written;

use std::{io, sync::Arc};

use authorization_server::ground::Clock;
use tracing::{Level, subscriber::SetGlobalDefaultError};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    registry,
};

#[cfg(test)]
pub(crate) use self::written::Written;
pub use self::{
    audit::AuditLines,
    json_lines::JsonLines,
    log_throttle::LogThrottle,
    service_calls::{CallOutcome, Service, ServiceCalls},
    trace_context::{OwnTraces, TraceContext, request_span},
};

/// The log of this process. Dropping it writes the lines that wait.
#[must_use]
pub struct Log(#[expect(dead_code, reason = "dropping it stops the writer")] WorkerGuard);

/// Starts the log. Our own crates log at `level`. Libraries log warnings and errors only, because below that they log
/// what they are sent. rmcp quotes ids and arguments of requests even in its warnings, so it logs nothing. Audit events
/// are logged at every `level`, except those that are for debugging. Lines are counted by `clock`. Panics are logged, too.
pub fn init(level: Level, clock: Arc<dyn Clock>) -> Result<Log, SetGlobalDefaultError> {
    let targets = Targets::new().with_default(Level::WARN).with_target("rmcp", LevelFilter::OFF);
    let targets = targets.with_targets(own_targets::CRATES.map(|target| (target, level)));
    let targets = targets.with_target(audit::TARGET, level.max(Level::INFO));
    let (writer, guard) = queue::queue(io::stdout());
    let lines = JsonLines::new(writer, clock);
    tracing::subscriber::set_global_default(registry().with(targets).with(lines))?;
    panics::log_panics();
    Ok(Log(guard))
}

/// An error's message and those of its causes: Azure's errors say little at the top.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_says_what_was_behind_an_error_and_behind_that() {
        #[derive(Debug, thiserror::Error)]
        #[error("{message}")]
        struct Layer {
            message: &'static str,
            source: Option<Box<Layer>>,
        }
        let refused = Layer { message: "connection refused", source: None };
        let connect = Layer { message: "cannot connect", source: Some(Box::new(refused)) };
        assert_eq!(
            chain(&Layer { message: "no token", source: Some(Box::new(connect)) }),
            "no token: cannot connect: connection refused"
        );
        assert_eq!(chain(&Layer { message: "alone", source: None }), "alone");
    }
}
