//! The failure of a dependency.

/// A dependency did not answer. Nothing was decided, so the caller may ask again later.
#[derive(Debug, thiserror::Error)]
#[error("{what} is unavailable: {reason}")]
pub struct Unavailable {
    /// Which of them: `store`, `keyring` or `upstream`.
    pub what: &'static str,
    /// For the log.
    pub reason: String,
}
