//! An authorization in `authorizations`, tagged by its stage.

use authorization_server::{
    ground::{Id, Sealed, Subject},
    state::{
        authorization::{
            Authorization, Binding, CodeIssued, Consent, Exchanging, Failed, PendingConfirmation, PendingUpstream,
            Refused, Stage, StepUp,
        },
        decision::Decision,
        sign_in_secrets::{IssuedCode, SignInSecrets},
        signed_in::{OwnerName, SignedIn},
        upstream_tokens::UpstreamSecrets,
        valid_request::ValidRequest,
    },
};
use oauth_protocol::secret::SecretHash;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

/// 5 keeps the states of all legs of a sign-in.
const SCHEMA: u32 = 5;
/// Kept those of the last two, and one of a sign-in that failed. It added the second leg.
const SCHEMA_WITH_ONE_STATE: u32 = 4;
/// Had none. It added the hash of a document's metadata.
const SCHEMA_WITHOUT_STEP_UP: u32 = 3;
/// Had requests of registered clients only. It added the decision, the secrets from which a repeated form is answered, and two stages.
const SCHEMA_WITHOUT_METADATA: u32 = 2;
/// Had none of them, and lives for 15 minutes only.
const SCHEMA_WITHOUT_DECISION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct AuthorizationShape {
    schema: u32,
    id: Id,
    #[serde(with = "time::serde::timestamp::milliseconds")]
    decided_at: OffsetDateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
    stage: StageShape,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
enum StageShape {
    PendingUpstream {
        request: ValidRequest,
        consent: Consent,
        binding: Binding,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sealed_secrets: Option<Sealed<SignInSecrets>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step_up: Option<StepUp>,
    },
    Exchanging {
        request: ValidRequest,
        consent: Consent,
        binding: Binding,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step_up: Option<StepUp>,
    },
    PendingConfirmation {
        request: ValidRequest,
        binding: Binding,
        signed_in: SignedInShape,
        sealed_name: Sealed<OwnerName>,
    },
    CodeIssued(IssuedShape),
    Denied,
    Refused {
        request: ValidRequest,
        binding: Binding,
        #[serde(with = "time::serde::timestamp")]
        refused_at: OffsetDateTime,
    },
    ConnectionsSignIn,
    Failed {
        reason: String,
        #[serde(default)]
        states: Vec<SecretHash>,
        /// Of an earlier schema.
        #[serde(default, skip_serializing)]
        state_hash: Option<SecretHash>,
    },
}

#[derive(Serialize, Deserialize)]
struct SignedInShape {
    subject: Subject,
    sealed_tokens: Sealed<UpstreamSecrets>,
    #[serde(with = "time::serde::timestamp")]
    upstream_expires_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct IssuedShape {
    request: ValidRequest,
    binding: Binding,
    code_hash: SecretHash,
    #[serde(with = "time::serde::timestamp")]
    issued_at: OffsetDateTime,
    signed_in: SignedInShape,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_code: Option<Sealed<IssuedCode>>,
}

impl From<SignedIn> for SignedInShape {
    fn from(SignedIn { subject, sealed_tokens, upstream_expires_at }: SignedIn) -> Self {
        Self { subject, sealed_tokens, upstream_expires_at }
    }
}

impl From<SignedInShape> for SignedIn {
    fn from(SignedInShape { subject, sealed_tokens, upstream_expires_at }: SignedInShape) -> Self {
        Self { subject, sealed_tokens, upstream_expires_at }
    }
}

impl From<Stage> for StageShape {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::PendingUpstream(PendingUpstream { request, consent, binding, sealed_secrets, step_up }) => {
                Self::PendingUpstream { request, consent, binding, sealed_secrets, step_up }
            }
            Stage::Exchanging(Exchanging { request, consent, binding, step_up }) => {
                Self::Exchanging { request, consent, binding, step_up }
            }
            Stage::PendingConfirmation(PendingConfirmation { request, binding, signed_in, sealed_name }) => {
                Self::PendingConfirmation { request, binding, signed_in: signed_in.into(), sealed_name }
            }
            Stage::CodeIssued(CodeIssued { request, binding, code_hash, issued_at, signed_in, sealed_code }) => {
                let signed_in = signed_in.into();
                Self::CodeIssued(IssuedShape { request, binding, code_hash, issued_at, signed_in, sealed_code })
            }
            Stage::Denied => Self::Denied,
            Stage::Refused(Refused { request, binding, refused_at }) => Self::Refused { request, binding, refused_at },
            Stage::OwnPageSignIn => Self::ConnectionsSignIn,
            Stage::Failed(Failed { reason, states }) => Self::Failed { reason, states, state_hash: None },
        }
    }
}

impl From<StageShape> for Stage {
    fn from(shape: StageShape) -> Self {
        match shape {
            StageShape::PendingUpstream { request, consent, binding, sealed_secrets, step_up } => {
                Self::PendingUpstream(PendingUpstream { request, consent, binding, sealed_secrets, step_up })
            }
            StageShape::Exchanging { request, consent, binding, step_up } => {
                Self::Exchanging(Exchanging { request, consent, binding, step_up })
            }
            StageShape::PendingConfirmation { request, binding, signed_in, sealed_name } => {
                let signed_in = signed_in.into();
                Self::PendingConfirmation(PendingConfirmation { request, binding, signed_in, sealed_name })
            }
            StageShape::CodeIssued(IssuedShape { request, binding, code_hash, issued_at, signed_in, sealed_code }) => {
                let signed_in = signed_in.into();
                Self::CodeIssued(CodeIssued { request, binding, code_hash, issued_at, signed_in, sealed_code })
            }
            StageShape::Denied => Self::Denied,
            StageShape::Refused { request, binding, refused_at } => {
                Self::Refused(Refused { request, binding, refused_at })
            }
            StageShape::ConnectionsSignIn => Self::OwnPageSignIn,
            StageShape::Failed { reason, mut states, state_hash } => {
                states.extend(state_hash);
                Self::Failed(Failed { reason, states })
            }
        }
    }
}

impl Shape for Authorization {
    fn address(key: &Id) -> Address {
        Address { container: Container::Authorizations, partition: key.to_string(), id: key.to_string() }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        let Self { id, decided_at, decision, stage } = self.clone();
        serde_json::to_value(AuthorizationShape { schema: SCHEMA, id, decided_at, decision, stage: stage.into() })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let AuthorizationShape { schema, id, decided_at, decision, stage } = serde_json::from_value(body)?;
        let earlier = [SCHEMA_WITHOUT_DECISION, SCHEMA_WITHOUT_METADATA, SCHEMA_WITHOUT_STEP_UP, SCHEMA_WITH_ONE_STATE];
        if !earlier.contains(&schema) {
            check_schema(schema, SCHEMA)?;
        }
        Ok(Self { id, decided_at, decision, stage: stage.into() })
    }
}
