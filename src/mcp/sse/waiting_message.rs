//! A message that waits for its session, and the memory that is reserved for it.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::DropGuard;

use super::request_ids::{ArrivingRequest, OpenRequest};
use crate::{budget::Permit, mcp::message::UnparsedMessage};

/// A message, and the memory that is reserved for it until it is received.
pub(super) struct WaitingMessage {
    pub(super) message: UnparsedMessage,
    memory: WaitingMemory,
    /// It, if it is a request that was posted here, or the requests of the batch.
    arrived: Vec<ArrivingRequest>,
    /// Of a request that was received.
    pub(super) open: Option<OpenRequest>,
}

/// The memory that is reserved for a message.
enum WaitingMemory {
    OfMessage(Reservation),
    /// Until the last message of the batch is received.
    OfBatch(Arc<Reservation>),
}

impl WaitingMessage {
    pub(super) fn new(message: UnparsedMessage, reservation: Reservation, arrived: Vec<ArrivingRequest>) -> Box<Self> {
        Box::new(Self { message, memory: WaitingMemory::OfMessage(reservation), arrived, open: None })
    }

    /// Whether it is a request that a cancellation has overtaken.
    pub(super) fn is_cancelled(&self) -> bool {
        self.arrived.iter().any(ArrivingRequest::is_cancelled)
    }

    /// Whether it came through the log.
    pub(super) fn is_from_log(&self) -> bool {
        match &self.memory {
            WaitingMemory::OfMessage(reservation) => reservation.for_log,
            WaitingMemory::OfBatch(reservation) => reservation.for_log,
        }
    }

    /// The messages of a batch.
    pub(super) fn into_messages(self) -> VecDeque<Box<Self>> {
        let of_batch = match self.memory {
            WaitingMemory::OfMessage(reservation) => Arc::new(reservation),
            WaitingMemory::OfBatch(reservation) => reservation,
        };
        let mut all = self.arrived;
        let waiting = |message: UnparsedMessage| {
            let place = all.iter().position(|request| Some(request.key()) == message.id.as_ref());
            let arrived = place.map(|place| all.swap_remove(place)).into_iter().collect();
            Box::new(Self { message, memory: WaitingMemory::OfBatch(Arc::clone(&of_batch)), arrived, open: None })
        };
        self.message.into_messages().into_iter().map(waiting).collect()
    }
}

/// Memory for a message. Dropping it releases the memory.
pub(super) struct Reservation {
    for_log: bool,
    _permits: [Option<OwnedSemaphorePermit>; 2],
    _of_total: Permit,
    _deadline: Option<DropGuard>,
}

impl Reservation {
    /// The permits are of the session's places and bytes, and of those of all sessions. The guard ends the session's deadline.
    pub(super) fn new(
        for_log: bool,
        permits: [Option<OwnedSemaphorePermit>; 2],
        of_total: Permit,
        deadline: Option<DropGuard>,
    ) -> Self {
        Self { for_log, _permits: permits, _of_total: of_total, _deadline: deadline }
    }
}
