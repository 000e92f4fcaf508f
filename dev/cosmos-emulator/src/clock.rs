//! Time, in seconds since 1970.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Says when items expire. Tests move it on; the system's clock ages tokens all the same.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(system_now)
}

/// Now, by the machine.
pub(crate) fn system_now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the one clock of this program")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
