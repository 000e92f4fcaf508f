//! A subscriber besides that of a test.

use std::sync::LazyLock;

use tracing::Dispatch;

/// Keeps one for the life of the process. While there is one subscriber only, tracing asks the thread that meets a callsite
/// first whether it is enabled; a thread without a subscriber says no, and that holds for the thread of the test, too.
pub(crate) fn keep() {
    static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(tracing_subscriber::registry()));
    LazyLock::force(&SECOND);
}
