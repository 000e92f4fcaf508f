//! Opens streams and takes posts.

use std::sync::Arc;

use authorization_server::{
    ground::{Id, Unavailable},
    resource::authenticate::Principal,
};
use http::HeaderMap;
use tokio_util::sync::CancellationToken;

use super::{
    admitted::AdmittedPost,
    delivery::Delivery,
    follower,
    inbox::{CLIENT_BYTES, OWNER_BYTES, TOTAL_BYTES},
    instance::Instance,
    post_error::PostError,
    registry::{Registry, TooManyStreams},
    session_end::SessionEnd,
    session_id::SessionId,
    stream::{EventStream, Start},
    stream_owner::StreamOwner,
    transport_ports::TransportPorts,
};
use crate::mcp::{
    admission::UncheckedMessage,
    batch,
    holder_report::HolderReport,
    service::Server,
    step_up::{self, ClaimsDemand, ScopeDemand},
};
use crate::{
    budget::{SharedBudget, Shares},
    config::Limits,
    graph::Freshness,
};

/// Why a stream is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenStreamError {
    /// Too many streams of this owner, or of this owner and client, are open.
    #[error("too many streams of this owner")]
    TooManyOfOwner,
    /// This process holds as many streams as it can.
    #[error("too many streams")]
    TooMany,
    /// Other instances could not reach it.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<TooManyStreams> for OpenStreamError {
    fn from(too_many: TooManyStreams) -> Self {
        match too_many {
            TooManyStreams::OfOwner => Self::TooManyOfOwner,
            TooManyStreams::OfAll => Self::TooMany,
        }
    }
}

/// The sessions of this instance.
pub struct Sessions {
    server: Server,
    delivery: Arc<Delivery>,
    /// The memory for messages that wait, of all sessions and of those of each owner.
    total_bytes: SharedBudget<Id>,
    /// Of each client of an owner.
    client_bytes: Shares<StreamOwner>,
}

impl Sessions {
    /// Sessions of this server, none open yet. The limits are those of open streams. All streams end when `stop` is cancelled.
    pub(in crate::mcp) fn new(server: Server, limits: &Limits, ports: TransportPorts, stop: CancellationToken) -> Self {
        let (instance, registry) =
            (Arc::new(Instance::new(ports, stop)), Arc::new(Registry::new(limits.streams, limits.process_streams)));
        let (total_bytes, client_bytes) = (SharedBudget::new(TOTAL_BYTES, OWNER_BYTES), Shares::new(CLIENT_BYTES));
        Self { server, delivery: Arc::new(Delivery { instance, registry }), total_bytes, client_bytes }
    }

    /// Opens a stream for a principal, once other instances can reach it.
    pub async fn open(&self, principal: &Principal) -> Result<EventStream, OpenStreamError> {
        let instance = &self.delivery.instance;
        let id = instance.new_id();
        let name = SessionId::new(instance.id, id, principal).seal(instance.ports.sealer.as_ref()).await?;
        let stream = self.start(id, &name, principal)?;
        instance.reachable().await?;
        Ok(stream)
    }

    fn start(&self, id: Id, name: &str, principal: &Principal) -> Result<EventStream, TooManyStreams> {
        let Delivery { instance, registry } = self.delivery.as_ref();
        let opened_by = StreamOwner::of(principal);
        let [of_all, of_owner] = self.total_bytes.budgets_of(opened_by.owner);
        let total_bytes = [of_all, of_owner, self.client_bytes.of(opened_by)];
        let server = Arc::clone(&self.server);
        let limits = HolderReport::new(Arc::clone(&instance.ports.audit), principal.holder(), "mcp/sse");
        let end = SessionEnd::new(instance.stop.child_token(), limits);
        let memory = instance.ports.memory.budgets_of(opened_by.owner);
        let start = Start { server, name, opened_by, total_bytes, memory, end };
        let stream = registry.add(id, opened_by, |registration| EventStream::start(start, registration))?;
        if let Some(log) = instance.ports.events.as_ref().filter(|_| registry.needs_follower()) {
            tokio::spawn(follower::run(Arc::clone(&self.delivery), Arc::clone(log)));
        }
        Ok(stream)
    }

    /// Delivers a message, or a batch, to the session that the client names, as the principal of the POST. Of its headers
    /// `MCP-Protocol-Version` is read.
    pub async fn post(
        &self,
        session: &str,
        principal: Principal,
        headers: &HeaderMap,
        message: UncheckedMessage,
    ) -> Result<(), PostError> {
        let has_batches = batch::is_known_to(headers);
        let admit = || AdmittedPost::admit(&self.server, message, has_batches);
        let check =
            async |principal: &Principal, admitted: &AdmittedPost, notes| self.check(principal, admitted, notes).await;
        self.delivery.post(session, principal, admit, check).await
    }

    /// Refuses a message for which its client has to get another token first.
    async fn check(&self, principal: &Principal, admitted: &AdmittedPost, notes: Freshness) -> Result<(), PostError> {
        for message in admitted.envelopes() {
            if let Some(demand) = step_up::demanded_claims(&self.server, principal, message, notes).await {
                let id = admitted.error_id(demand.id);
                return Err(PostError::InsufficientClaims(ClaimsDemand { id, ..demand }));
            }
            if let Some(demand) = step_up::demand(&self.server, principal, message).await {
                let id = admitted.error_id(demand.id);
                return Err(PostError::InsufficientScope(ScopeDemand { id, ..demand }));
            }
        }
        Ok(())
    }

    /// The id of this instance.
    #[must_use]
    pub fn instance(&self) -> Id {
        self.delivery.instance.id
    }

    /// How many streams are open.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.delivery.registry.len()
    }

    /// How many bytes of messages may be accepted before others are refused.
    #[must_use]
    pub fn available_bytes(&self) -> usize {
        self.total_bytes.available()
    }
}
