//! How often anyone may do what costs a write and needs no credentials.
//!
//! Behind API Management the gateway limits each address before a request comes here; this is the limit for all callers
//! together, so that a flood from many addresses fills no store.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Registrations at once, and per minute after that. A client registers once in its life.
const REGISTRATIONS: NonZeroU32 = NonZeroU32::new(300).unwrap();

/// The limits of one process.
pub struct Limits {
    registrations: DefaultDirectRateLimiter,
}

impl Default for Limits {
    fn default() -> Self {
        Self { registrations: RateLimiter::direct(Quota::per_minute(REGISTRATIONS)) }
    }
}

impl Limits {
    /// Whether one more registration is taken.
    pub(super) fn take_registration(&self) -> bool {
        self.registrations.check().is_ok()
    }
}
