//! The HTTP client, the memory for answers and the count of calls that all requests to Entra share.

use std::sync::Arc;

use crate::{budget::Budget, telemetry::ServiceCalls};

/// The parts that a request to Entra needs; cheap to clone.
#[derive(Clone)]
pub(super) struct EntraHttp {
    pub(super) http: reqwest::Client,
    pub(super) answers: Budget,
    pub(super) calls: Arc<ServiceCalls>,
}
