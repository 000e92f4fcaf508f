//! An authorization in `authorizations`, tagged by its stage.

use authorization_server::{
    authorization::{Authorization, CodeIssued, Exchanging, PendingUpstream, Stage, ValidRequest},
    id::{Id, Subject},
};
use oauth_protocol::secret::SecretHash;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct AuthorizationShape {
    schema: u32,
    id: Id,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
    stage: StageShape,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
enum StageShape {
    PendingUpstream { request: ValidRequest, state_hash: SecretHash, browser_hash: SecretHash },
    Exchanging { request: ValidRequest, state_hash: SecretHash },
    CodeIssued(IssuedShape),
    Denied,
    Failed { reason: String },
}

#[derive(Serialize, Deserialize)]
struct IssuedShape {
    request: ValidRequest,
    state_hash: SecretHash,
    code_hash: SecretHash,
    subject: Subject,
    #[serde(with = "time::serde::timestamp")]
    issued_at: OffsetDateTime,
    sealed_tokens: String,
    #[serde(with = "time::serde::timestamp")]
    upstream_expires_at: OffsetDateTime,
}

impl From<&Stage> for StageShape {
    fn from(stage: &Stage) -> Self {
        match stage.clone() {
            Stage::PendingUpstream(PendingUpstream { request, state_hash, browser_hash }) => {
                Self::PendingUpstream { request, state_hash, browser_hash }
            }
            Stage::Exchanging(Exchanging { request, state_hash }) => Self::Exchanging { request, state_hash },
            Stage::CodeIssued(issued) => Self::CodeIssued(IssuedShape {
                request: issued.request,
                state_hash: issued.state_hash,
                code_hash: issued.code_hash,
                subject: issued.subject,
                issued_at: issued.issued_at,
                sealed_tokens: issued.sealed_tokens,
                upstream_expires_at: issued.upstream_expires_at,
            }),
            Stage::Denied => Self::Denied,
            Stage::Failed(reason) => Self::Failed { reason },
        }
    }
}

impl From<StageShape> for Stage {
    fn from(shape: StageShape) -> Self {
        match shape {
            StageShape::PendingUpstream { request, state_hash, browser_hash } => {
                Self::PendingUpstream(PendingUpstream { request, state_hash, browser_hash })
            }
            StageShape::Exchanging { request, state_hash } => Self::Exchanging(Exchanging { request, state_hash }),
            StageShape::CodeIssued(issued) => Self::CodeIssued(CodeIssued {
                request: issued.request,
                state_hash: issued.state_hash,
                code_hash: issued.code_hash,
                subject: issued.subject,
                issued_at: issued.issued_at,
                sealed_tokens: issued.sealed_tokens,
                upstream_expires_at: issued.upstream_expires_at,
            }),
            StageShape::Denied => Self::Denied,
            StageShape::Failed { reason } => Self::Failed(reason),
        }
    }
}

impl Shape for Authorization {
    fn address(key: &Id) -> Address {
        Address { container: Container::Authorizations, partition: key.to_string(), id: key.to_string() }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        let stage = StageShape::from(&self.stage);
        serde_json::to_value(AuthorizationShape { schema: SCHEMA, id: self.id, expires_at: self.expires_at, stage })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let shape: AuthorizationShape = serde_json::from_value(body)?;
        check_schema(shape.schema, SCHEMA)?;
        Ok(Self { id: shape.id, expires_at: shape.expires_at, stage: shape.stage.into() })
    }
}
