//! Brings a message to its session, on this instance or another.

use std::{sync::Arc, time::Duration};

use authorization_server::{
    ground::{Id, Unavailable},
    resource::authenticate::Principal,
};
use tokio::time::timeout;

use super::{instance::Instance, posted::Posted, registry::Registry, session_id::SessionId};
use crate::graph::Freshness;
use crate::mcp::{
    admission::{AdmissionError, AdmittedMessage},
    envelope::Envelope,
    message::UnparsedMessage,
    outline::{InvalidMessage, Kind},
    step_up::{ClaimsDemand, ScopeDemand},
};

/// How long a POST waits for memory.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a message is not delivered.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// There is no such session, it belongs to another owner or client, or its instance is gone.
    #[error("no such session; open the stream again")]
    UnknownSession,
    /// The text is no JSON.
    #[error("Parse error")]
    NotJson,
    /// The text is JSON, but no JSON-RPC message.
    #[error("Invalid Request: not a JSON-RPC message")]
    Malformed,
    /// It would take more memory than one message may.
    #[error("the message would take too much memory")]
    TooLarge,
    /// The access token has not the scope that the tool needs.
    #[error("insufficient scope")]
    InsufficientScope(ScopeDemand),
    /// The access token, which the client got from Entra, lacks claims.
    #[error("insufficient claims")]
    InsufficientClaims(ClaimsDemand),
    /// Too many messages wait for the session, or for all.
    #[error("the session is busy; try again in a few seconds")]
    Busy,
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<AdmissionError> for PostError {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Invalid(InvalidMessage::Parse) => Self::NotJson,
            AdmissionError::Invalid(InvalidMessage::InvalidRequest) => Self::Malformed,
            AdmissionError::TooLarge => Self::TooLarge,
            AdmissionError::Exhausted => Self::Busy,
        }
    }
}

/// Knows the streams of this instance, and the way to others.
pub(super) struct Delivery {
    pub(super) instance: Arc<Instance>,
    pub(super) registry: Arc<Registry>,
}

impl Delivery {
    /// Delivers a message to the session that the client names, unless it does not pass this check. A tool runs where its stream
    /// is. So what tools met is known here already, or is read again.
    pub(super) async fn post(
        &self,
        id: &str,
        principal: Principal,
        admit: impl FnOnce() -> Result<AdmittedMessage, AdmissionError>,
        check: impl AsyncFnOnce(&Principal, &Envelope, Freshness) -> Result<(), PostError>,
    ) -> Result<(), PostError> {
        let named = SessionId::open(self.instance.ports.sealer.as_ref(), id).await?;
        let to = named.filter(|named| named.may_be_used_by(&principal)).ok_or(PostError::UnknownSession)?;
        let AdmittedMessage { text, kind, envelope, permit } = admit()?;
        let is_here = to.instance == self.instance.id;
        check(&principal, &envelope, if is_here { Freshness::Lately } else { Freshness::Now }).await?;
        let message = UnparsedMessage::new(text, envelope, principal, kind == Kind::Request, permit);
        let posted = Posted { session: to.session, message };
        if is_here { self.here(posted).await } else { self.elsewhere(to.instance, posted).await }
    }

    async fn here(&self, posted: Posted) -> Result<(), PostError> {
        let Posted { session, message } = posted;
        let session = self.registry.find(session, &message.principal).ok_or(PostError::UnknownSession)?;
        tokio::select! {
            () = session.stop.cancelled() => return Err(PostError::UnknownSession),
            caught_up = self.instance.caught_up() => caught_up?,
        }
        let reservation = timeout(RESERVE_TIMEOUT, session.inbox.reserve(&message));
        let reservation = reservation.await.map_err(|_| PostError::Busy)?.ok_or(PostError::UnknownSession)?;
        if session.inbox.put(message, reservation) { Ok(()) } else { Err(PostError::UnknownSession) }
    }

    /// Appends the message to the other instance's log. After an error it may have been appended: perhaps only the store's
    /// answer was lost.
    async fn elsewhere(&self, instance: Id, posted: Posted) -> Result<(), PostError> {
        let log = self.instance.ports.events.as_ref().ok_or(PostError::UnknownSession)?;
        if !log.is_alive(instance).await.map_err(Unavailable::from)? {
            return Err(PostError::UnknownSession);
        }
        let event = posted.seal(self.instance.ports.sealer.as_ref(), instance, self.instance.new_id()).await?;
        Ok(log.append(instance, &event).await.map_err(Unavailable::from)?)
    }

    /// Delivers a message from this instance's log. Another instance has accepted it, so nobody waits for the outcome.
    pub(super) fn deliver_logged(&self, posted: Posted) {
        let Posted { session: id, mut message } = posted;
        let Some(session) = self.registry.find(id, &message.principal) else {
            return tracing::info!(counted = true, session = %id, "message dropped: its session is gone");
        };
        let trees = message.reserve().ok();
        if let Some(reservation) = trees.and_then(|()| session.inbox.reserve_for_log(message.text.len())) {
            session.inbox.put(message, reservation);
        } else {
            tracing::warn!(counted = true, session = %id, "SSE session ended: too many messages wait for it");
            session.stop.cancel();
        }
    }
}
