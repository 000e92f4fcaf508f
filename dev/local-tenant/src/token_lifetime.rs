//! The policy of the tenant for the lifetime of access tokens for our app.
//! <https://learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes>

use std::sync::atomic::{AtomicI64, Ordering};

use crate::scopes::Resource;

/// Entra takes 60 to 90 minutes at random; this is the mean.
const DEFAULT_SECONDS: i64 = 75 * 60;

/// In seconds. Entra's policy takes ten minutes at least; this one takes less, so that a token expires during a test.
pub(crate) struct TokenLifetime(AtomicI64);

impl Default for TokenLifetime {
    fn default() -> Self {
        Self(DEFAULT_SECONDS.into())
    }
}

impl TokenLifetime {
    /// Of the tokens for our app that are issued from now on; `None` puts it back.
    pub(crate) fn set(&self, seconds: Option<u32>) {
        self.0.store(seconds.map_or(DEFAULT_SECONDS, i64::from), Ordering::Relaxed);
    }

    /// Of a token for this resource.
    pub(crate) fn seconds(&self, resource: Resource) -> i64 {
        if resource == Resource::App { self.0.load(Ordering::Relaxed) } else { DEFAULT_SECONDS }
    }
}
