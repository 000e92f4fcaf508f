//! A panic is a line of the log. Rust would write it to stderr, with its message, which may quote a secret, and would wait until
//! somebody reads it.

use std::panic;

use authorization_server::ground::OperationalEvent;
use tracing::field::display;

/// From now on a panic of this process is logged: where it was, and never its message.
pub(super) fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let (event, location) = (OperationalEvent::Panicked.as_str(), panic.location().map(display));
        tracing::error!(counted = true, event, location, "panicked");
    }));
}
