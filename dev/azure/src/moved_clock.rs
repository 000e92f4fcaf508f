//! The machine's clock, which a test moves on.

use std::{fs, path::PathBuf};

use authorization_server::ground::Clock;
use remote_auth_mcp::platform::SystemClock;
use time::{Duration, OffsetDateTime};

/// A file, absent at first, has the seconds that it is ahead.
pub(crate) struct MovedClock(pub(crate) PathBuf);

impl Clock for MovedClock {
    fn now(&self) -> OffsetDateTime {
        let ahead = fs::read_to_string(&self.0).ok().and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
        SystemClock.now() + Duration::seconds(ahead)
    }
}
