//! A record of each decision of an operator.

use time::OffsetDateTime;

use super::blocks::BlockTarget;
use crate::ground::{Id, Record, lifetimes::OPERATOR_RECORD_LIFETIME};

/// A decision of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorDecision {
    /// These applications may not be used any more.
    Block(BlockTarget),
    /// They may be used again.
    Unblock(BlockTarget),
    /// Every grant of these applications ends.
    EndApplication(BlockTarget),
    /// Every grant of this owner ends.
    EndUser(Id),
}

/// The record of a decision. It is written before the decision takes effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorRecord {
    /// Its id.
    pub id: Id,
    /// The operator: `oid` of the ID token.
    pub actor: String,
    /// The decision.
    pub decision: OperatorDecision,
    /// The time of the decision.
    pub at: OffsetDateTime,
    /// Whether it is known that the decision took effect.
    pub took_effect: bool,
}

impl Record for OperatorRecord {
    type Key = Id;
    fn key(&self) -> Id {
        self.id
    }
    fn expires_at(&self) -> OffsetDateTime {
        self.at + OPERATOR_RECORD_LIFETIME
    }
}
