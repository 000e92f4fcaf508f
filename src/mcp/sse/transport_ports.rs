//! The ports of the transport.

use std::{sync::Arc, time::Duration};

use authorization_server::ground::{AuditLog, Entropy, Id, Sealer};

use crate::{budget::SharedBudget, ports::event_log::EventLog};

/// The ports of the transport.
#[derive(Clone)]
pub struct TransportPorts {
    /// Makes the ids of sessions, events and this instance.
    pub entropy: Arc<dyn Entropy>,
    /// Seals session ids, and messages for other instances.
    pub sealer: Arc<dyn Sealer>,
    /// The log of messages to other instances; `None` if this process is the only one.
    pub events: Option<Arc<dyn EventLog>>,
    /// The memory for owners' messages, and for the answers that wait for their clients.
    pub memory: Arc<SharedBudget<Id>>,
    /// Hears which limit has ended a stream.
    pub audit: Arc<dyn AuditLog>,
    /// How often this instance reads its log.
    pub poll: Duration,
}
