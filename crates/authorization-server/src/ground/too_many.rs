//! A limit was reached.

use std::time::Duration;

/// A limit was reached. Nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests")]
pub struct TooMany {
    /// How long the caller should wait.
    pub wait: Duration,
}
