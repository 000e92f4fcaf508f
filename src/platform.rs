//! The ports to the machine: the time, randomness, the audit log, the internet, and the intervals of key rotation.

use std::sync::Arc;

use authorization_server::{
    client_documents::ClientDocuments,
    ground::{AuditLog, Clock, Entropy},
};
use time::OffsetDateTime;

use crate::vault::Rotation;

/// The ports to the machine. Tests use others.
#[derive(Clone)]
pub struct Platform {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// The documents that clients publish on the internet.
    pub documents: Arc<dyn ClientDocuments>,
    /// When data keys are made and retired.
    pub rotation: Rotation,
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one clock that is real")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// The operating system's generator, by way of aws-lc.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one generator that is real")]
    fn fill(&self, buffer: &mut [u8]) {
        if aws_lc_rs::rand::fill(buffer).is_err() {
            // Without randomness nothing that follows would be safe, and nothing would say so.
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn randomness_fills_the_whole_buffer_and_is_never_the_same() {
        let random = || {
            let mut buffer = [0; 64];
            SystemEntropy.fill(&mut buffer);
            buffer
        };
        let (one, other) = (random(), random());
        assert_ne!(one, other);
        for half in one.chunks(32) {
            assert!(half.iter().any(|byte| *byte != 0), "{one:?}");
        }
    }

    #[test]
    fn the_clock_tells_utc_and_goes_on() {
        let (first, second) = (SystemClock.now(), SystemClock.now());
        assert!(first.offset().is_utc() && first <= second);
    }
}
