//! What requests to Entra share: the HTTP client, the memory for answers, and the count of calls.

use std::sync::Arc;

use crate::{budget::Budget, telemetry::ServiceCalls};

/// The way to Entra.
#[derive(Clone)]
pub(super) struct Web {
    pub(super) http: reqwest::Client,
    pub(super) answers: Budget,
    pub(super) calls: Arc<ServiceCalls>,
}
