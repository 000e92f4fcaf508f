//! One JSON line per event on stdout, where the Functions host picks it up.

use tracing::{Level, subscriber::SetGlobalDefaultError};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _, registry};

/// Our own crates log at `level`; libraries only warn, because below that they write what they are sent.
pub fn init(level: Level) -> Result<(), SetGlobalDefaultError> {
    let directives = format!("warn,remote_auth_mcp={level},authorization_server={level},handler={level}");
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    tracing::subscriber::set_global_default(registry().with(EnvFilter::new(directives)).with(lines))
}
