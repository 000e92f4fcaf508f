//! The decisions of an operator: to block applications, and to end the grants of an application or of a user.

use super::consent::DOUBLE_CLICK;
use crate::{
    changes::BlocksError,
    ground::{AuditEvent, Created, Ended, EventName, Id, Stored, Subject, Unavailable},
    server::AuthorizationServer,
    state::operator_record::{OperatorDecision, OperatorRecord},
};

/// Why a decision does not take effect.
#[derive(Debug, thiserror::Error)]
pub enum OperatorDecisionError {
    /// Its form was sent before, with another decision or too long ago.
    #[error("the form was sent before")]
    Repeated,
    /// There are as many blocks as there may be.
    #[error("there are too many blocks")]
    TooMany,
    /// The store is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<BlocksError> for OperatorDecisionError {
    fn from(error: BlocksError) -> Self {
        match error {
            BlocksError::TooMany => Self::TooMany,
            BlocksError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl AuthorizationServer {
    /// Records the decision, and then lets it take effect: here at once, at other processes within 20 seconds. The record
    /// has the id of the form, so a form that is sent again changes nothing. A double click is answered alike: the browser
    /// shows the answer to the second click only. If the first click did not take effect, the second does.
    pub async fn decide_as_operator(
        &self,
        form: Id,
        actor: &Subject,
        decision: OperatorDecision,
    ) -> Result<(), OperatorDecisionError> {
        let now = self.now();
        let (id, actor_oid) = (form, actor.oid.clone());
        let record = OperatorRecord { id, actor: actor_oid, decision: decision.clone(), at: now, took_effect: false };
        let recorded = match self.ports.operator_records.create(record.clone()).await? {
            Created::Done(recorded) => recorded,
            Created::Exists(first) if record.is_double_click_after(&first.value) => first,
            Created::Exists(_) => return Err(OperatorDecisionError::Repeated),
        };
        if !recorded.value.took_effect {
            self.take_effect(decision).await?;
            self.report_effect(recorded, actor).await;
        }
        Ok(())
    }

    /// All that a decision does can be done again.
    async fn take_effect(&self, decision: OperatorDecision) -> Result<(), BlocksError> {
        let now = self.now();
        match decision {
            OperatorDecision::Block(target) => {
                self.change_blocks(|blocks| blocks.with_block(target.clone(), now)).await?;
            }
            OperatorDecision::Unblock(target) => {
                self.change_blocks(|blocks| Ok(blocks.without_block(&target))).await?;
            }
            OperatorDecision::EndApplication(target) => {
                self.change_blocks(|blocks| blocks.with_ended(target.clone(), self.now())).await?;
            }
            OperatorDecision::EndUser(owner) => {
                self.remove_approvals(owner, &[None]).await?;
                self.end_grants(owner, &[None], Ended::EndedByOperator).await?;
            }
        }
        Ok(())
    }

    /// Of two clicks at once, only the one whose write stands reports the decision. If the write fails, a further click
    /// lets the decision take effect again.
    async fn report_effect(&self, recorded: Stored<OperatorRecord>, actor: &Subject) {
        let event = decided(actor, &recorded.value.decision);
        match self.note_effect(recorded).await {
            Ok(false) => return,
            Ok(true) => {}
            Err(error) => tracing::warn!(counted = true, %error, "could not note that a decision took effect"),
        }
        self.report(event);
    }
}

impl OperatorRecord {
    fn is_double_click_after(&self, first: &Self) -> bool {
        (&self.actor, &self.decision) == (&first.actor, &first.decision) && self.at < first.at + DOUBLE_CLICK
    }
}

fn decided(actor: &Subject, decision: &OperatorDecision) -> AuditEvent {
    let event = EventName::OperatorDecided.event().operator(actor.owner_key());
    match decision {
        OperatorDecision::Block(target) => event.client(target.client()).because("applications blocked"),
        OperatorDecision::Unblock(target) => event.client(target.client()).because("block lifted"),
        OperatorDecision::EndApplication(target) => {
            event.client(target.client()).because("grants of applications ended")
        }
        OperatorDecision::EndUser(owner) => event.owner(*owner).because("grants of a user ended"),
    }
}
