//! The environment variables that this program reads.

use std::ffi::OsString;

/// A snapshot taken at the start.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The cargo that runs this program, or the one on PATH.
    pub(crate) cargo: OsString,
    /// Where programs are.
    pub(crate) path: OsString,
    /// Handed on to the handler.
    pub(crate) log_level: Option<String>,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
    pub(crate) fn of_process() -> Self {
        Self {
            cargo: std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            path: std::env::var_os("PATH").unwrap_or_default(),
            log_level: std::env::var("LOG_LEVEL").ok(),
        }
    }
}
