//! A decision of an operator, in `operator`.

use authorization_server::{
    ground::Id,
    state::{
        blocks::BlockTarget,
        operator_record::{OperatorDecision, OperatorRecord},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, blocks::TargetShape, check_schema};
use crate::ports::records::{Address, Container};

/// A record of this schema says whether its decision took effect.
const SCHEMA: u32 = 2;
/// A record of this schema does not say so; the operator saw an error if the decision did not take effect.
const SCHEMA_WITHOUT_EFFECT: u32 = 1;
/// Its partition.
pub(in crate::store) const OPERATOR_RECORDS: &str = "record";

#[derive(Serialize, Deserialize)]
struct OperatorRecordShape {
    schema: u32,
    id: Id,
    kind: String,
    actor: String,
    decision: DecisionShape,
    #[serde(with = "time::serde::timestamp")]
    at: OffsetDateTime,
    #[serde(default = "known_effect")]
    took_effect: bool,
}

/// Of a record that does not say.
fn known_effect() -> bool {
    true
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DecisionShape {
    Block(TargetShape),
    Unblock(TargetShape),
    EndApplication(TargetShape),
    EndUser(Id),
}

impl From<&OperatorDecision> for DecisionShape {
    fn from(decision: &OperatorDecision) -> Self {
        match decision {
            OperatorDecision::Block(target) => Self::Block(target.into()),
            OperatorDecision::Unblock(target) => Self::Unblock(target.into()),
            OperatorDecision::EndApplication(target) => Self::EndApplication(target.into()),
            OperatorDecision::EndUser(owner) => Self::EndUser(*owner),
        }
    }
}

impl TryFrom<DecisionShape> for OperatorDecision {
    type Error = serde_json::Error;

    fn try_from(shape: DecisionShape) -> serde_json::Result<Self> {
        Ok(match shape {
            DecisionShape::Block(target) => Self::Block(BlockTarget::try_from(target)?),
            DecisionShape::Unblock(target) => Self::Unblock(BlockTarget::try_from(target)?),
            DecisionShape::EndApplication(target) => Self::EndApplication(BlockTarget::try_from(target)?),
            DecisionShape::EndUser(owner) => Self::EndUser(owner),
        })
    }
}

impl Shape for OperatorRecord {
    fn address(key: &Id) -> Address {
        Address { container: Container::Operator, partition: OPERATOR_RECORDS.to_owned(), id: key.to_string() }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        let (actor, decision) = (self.actor.clone(), DecisionShape::from(&self.decision));
        let (schema, kind) = (SCHEMA, OPERATOR_RECORDS.to_owned());
        let (at, took_effect) = (self.at, self.took_effect);
        serde_json::to_value(OperatorRecordShape { schema, id: self.id, kind, actor, decision, at, took_effect })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let OperatorRecordShape { schema, id, actor, decision, at, took_effect, .. } = serde_json::from_value(body)?;
        if schema != SCHEMA_WITHOUT_EFFECT {
            check_schema(schema, SCHEMA)?;
        }
        Ok(Self { id, actor, decision: decision.try_into()?, at, took_effect })
    }
}
