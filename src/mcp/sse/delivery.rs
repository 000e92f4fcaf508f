//! Brings a message to its session, on this instance or another.

use std::{sync::Arc, time::Duration};

use authorization_server::{
    ground::{Id, Unavailable},
    resource::authenticate::Principal,
};
use tokio::time::timeout;

use super::{
    admitted::AdmittedPost, instance::Instance, post_error::PostError, posted::Posted, registry::Registry,
    request_ids::ArrivingRequest, session::Session, session_id::SessionId,
};
use crate::{graph::Freshness, mcp::message::UnparsedMessage};

/// How long a POST waits for its session to have memory.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Knows the streams of this instance, and the way to others.
pub(super) struct Delivery {
    pub(super) instance: Arc<Instance>,
    pub(super) registry: Arc<Registry>,
}

impl Delivery {
    /// Delivers what was posted to the session that the client names, unless a message of it does not pass this check. A tool
    /// runs where its stream is. So what tools met is known here already, or is read again.
    pub(super) async fn post(
        &self,
        id: &str,
        principal: Principal,
        admit: impl FnOnce() -> Result<AdmittedPost, PostError>,
        check: impl AsyncFnOnce(&Principal, &AdmittedPost, Freshness) -> Result<(), PostError>,
    ) -> Result<(), PostError> {
        let named = SessionId::open(self.instance.ports.sealer.as_ref(), id).await?;
        let to = named.filter(|named| named.may_be_used_by(&principal)).ok_or(PostError::UnknownSession)?;
        let admitted = admit()?;
        if to.instance != self.instance.id {
            check(&principal, &admitted, Freshness::Now).await?;
            let posted = Posted { session: to.session, message: admitted.into_message(principal) };
            return self.elsewhere(to.instance, posted).await;
        }
        let session = self.registry.find(to.session, &principal).ok_or(PostError::UnknownSession)?;
        // The check may ask Entra, and then the message may wait. A cancellation of it does neither.
        let arrived = admitted.envelopes().iter().filter_map(|message| session.ids.arrive(message)).collect();
        check(&principal, &admitted, Freshness::Lately).await?;
        self.here(&session, admitted.into_message(principal), arrived).await
    }

    async fn here(
        &self,
        session: &Session,
        message: UnparsedMessage,
        arrived: Vec<ArrivingRequest>,
    ) -> Result<(), PostError> {
        tokio::select! {
            () = session.end.stop.cancelled() => return Err(PostError::UnknownSession),
            caught_up = self.instance.caught_up() => caught_up?,
        }
        let reserved = timeout(RESERVE_TIMEOUT, session.inbox.reserve(&message)).await;
        let reservation = reserved.map_err(|_| PostError::Busy)?.ok_or(PostError::Exhausted)?;
        if session.inbox.put(message, reservation, arrived) { Ok(()) } else { Err(PostError::UnknownSession) }
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
        message.cancelled.iter().for_each(|id| session.ids.cancel_arriving(id));
        let trees = message.reserve().ok();
        if let Some(reservation) = trees.and_then(|()| session.inbox.reserve_for_log(message.text.len())) {
            session.inbox.put(message, reservation, Vec::new());
        } else {
            session.end.at_limit("memory for requests");
        }
    }
}
