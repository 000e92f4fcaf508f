//! The decisions of an operator: to block applications, and to end the grants of an application or of a user.

use super::consent::DOUBLE_CLICK;
use crate::{
    changes::BlocksError,
    ground::{AuditEvent, Created, Ended, EventName, Id, Subject, Unavailable},
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
    /// shows the answer to the second click only.
    pub async fn decide_as_operator(
        &self,
        form: Id,
        actor: &Subject,
        decision: OperatorDecision,
    ) -> Result<(), OperatorDecisionError> {
        let now = self.now();
        let record = OperatorRecord { id: form, actor: actor.oid.clone(), decision: decision.clone(), at: now };
        match self.ports.operator_records.create(record.clone()).await? {
            Created::Done(_) => {}
            Created::Exists(first) if record.is_double_click_after(&first.value) => return Ok(()),
            Created::Exists(_) => return Err(OperatorDecisionError::Repeated),
        }
        let event = decided(actor, &decision);
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
                self.remove_approvals(owner, None).await?;
                self.end_grants(owner, None, Ended::EndedByOperator).await?;
            }
        }
        self.report(event);
        Ok(())
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
