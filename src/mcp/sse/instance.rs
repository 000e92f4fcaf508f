//! This instance: its id and its ports.

use authorization_server::ground::{Id, Unavailable};
use tokio_util::sync::CancellationToken;

use super::{log_progress::LogProgress, transport_ports::TransportPorts};

/// This process, among all of the deployment.
pub(super) struct Instance {
    pub(super) id: Id,
    pub(super) ports: TransportPorts,
    pub(super) progress: LogProgress,
    /// Ends all streams when it is cancelled.
    pub(super) stop: CancellationToken,
}

impl Instance {
    /// An instance with a new id.
    pub(super) fn new(ports: TransportPorts, stop: CancellationToken) -> Self {
        let id = Id::random(ports.entropy.as_ref());
        Self { id, ports, progress: LogProgress::new(), stop }
    }

    /// A random id for a session or an event.
    pub(super) fn new_id(&self) -> Id {
        Id::random(self.ports.entropy.as_ref())
    }

    /// Waits until other instances can reach the streams of this one.
    pub(super) async fn reachable(&self) -> Result<(), Unavailable> {
        if self.ports.events.is_some() {
            self.progress.alive().await?;
        }
        self.caught_up().await
    }

    /// Waits until all messages that other instances accepted before this call have been delivered.
    pub(super) async fn caught_up(&self) -> Result<(), Unavailable> {
        if self.ports.events.is_some() { self.progress.caught_up().await } else { Ok(()) }
    }
}
