//! One JSON line per event on stdout, where the Functions host picks it up. docs/operations/telemetry.md says what is in it.

mod json_lines;
mod trace_context;

use std::io;

use tracing::{Level, subscriber::SetGlobalDefaultError};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, registry};

use self::json_lines::JsonLines;
pub(crate) use self::trace_context::request_span;

/// Our own crates log at `level`; libraries only warn, because below that they write what they are sent. rmcp does so
/// even in its warnings (ids and arguments of a request that failed), so nothing of it is logged.
pub fn init(level: Level) -> Result<(), SetGlobalDefaultError> {
    let directives = format!("warn,rmcp=off,remote_auth_mcp={level},authorization_server={level},handler={level}");
    let lines = JsonLines::to(io::stdout);
    tracing::subscriber::set_global_default(registry().with(EnvFilter::new(directives)).with(lines))
}

/// What an error says, and what caused it: Azure's errors say little at the top.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
