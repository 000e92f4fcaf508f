//! The owner document, in its owner's partition of `owners`.

use authorization_server::{
    ground::Id,
    state::{
        claims::Claims,
        demand::{Demand, RefusedRequest},
        entra_client::EntraClient,
        owner::{Approval, Owner, Withdrawal},
    },
};
use oauth_protocol::{redirect_uri::Receiver, resource, scope::Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema, entra_client::EntraClientShape};
use crate::ports::records::{Address, Container};

/// 6 adds which demands are final.
const SCHEMA: u32 = 6;
/// Had none. It added which request was refused, and the applications that call with tokens of Entra.
const SCHEMA_WITHOUT_FINAL_DEMANDS: u32 = 5;
/// Had no such applications, and took every refusal for one of an exchange. It added the demands.
const SCHEMA_WITHOUT_ENTRA_CLIENTS: u32 = 4;
/// Had none. It added the hash of a document's metadata.
const SCHEMA_WITHOUT_DEMANDS: u32 = 3;
/// Had approvals of registered clients only.
const SCHEMA_WITHOUT_METADATA: u32 = 2;
/// Had no address either.
const SCHEMA_WITHOUT_ADDRESS: u32 = 1;
const EARLIER_SCHEMAS: [u32; 5] = [
    SCHEMA_WITHOUT_FINAL_DEMANDS,
    SCHEMA_WITHOUT_ENTRA_CLIENTS,
    SCHEMA_WITHOUT_DEMANDS,
    SCHEMA_WITHOUT_METADATA,
    SCHEMA_WITHOUT_ADDRESS,
];
const ITEM: &str = "owner";

#[derive(Serialize, Deserialize)]
struct OwnerShape {
    schema: u32,
    id: String,
    owner: Id,
    approvals: Vec<ApprovalShape>,
    withdrawals: Vec<WithdrawalShape>,
    #[serde(default)]
    demands: Vec<DemandShape>,
    #[serde(default)]
    entra_clients: Vec<EntraClientShape>,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct ApprovalShape {
    id: Id,
    client: Id,
    redirect: Receiver,
    scope: Scope,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<resource::ResourceAddress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Id>,
    #[serde(with = "time::serde::timestamp")]
    given_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct WithdrawalShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Id>,
    #[serde(with = "time::serde::timestamp::milliseconds")]
    at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct DemandShape {
    id: Id,
    #[serde(default)]
    refresh: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claims: Option<Claims>,
    scope: Scope,
    reason: String,
    #[serde(with = "time::serde::timestamp::milliseconds")]
    at: OffsetDateTime,
    #[serde(default, rename = "final")]
    is_final: bool,
}

impl From<Demand> for DemandShape {
    fn from(Demand { id, request, claims, scope, reason, at, is_final }: Demand) -> Self {
        Self { id, refresh: request == RefusedRequest::Refresh, claims, scope, reason, at, is_final }
    }
}

impl From<DemandShape> for Demand {
    fn from(DemandShape { id, refresh, claims, scope, reason, at, is_final }: DemandShape) -> Self {
        let request = if refresh { RefusedRequest::Refresh } else { RefusedRequest::Exchange };
        Self { id, request, claims, scope, reason, at, is_final }
    }
}

impl Shape for Owner {
    fn address(key: &Id) -> Address {
        Address { container: Container::Owners, partition: key.to_string(), id: ITEM.to_owned() }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        let approval = |approval: &Approval| {
            let Approval { id, client, receiver: redirect, scope, address, metadata, given_at } = approval.clone();
            ApprovalShape { id, client, redirect, scope, address, metadata, given_at }
        };
        let withdrawal = |withdrawal: &Withdrawal| WithdrawalShape { client: withdrawal.client, at: withdrawal.at };
        serde_json::to_value(OwnerShape {
            schema: SCHEMA,
            id: ITEM.to_owned(),
            owner: self.key,
            approvals: self.approvals.iter().map(approval).collect(),
            withdrawals: self.withdrawals.iter().map(withdrawal).collect(),
            demands: self.demands.iter().cloned().map(DemandShape::from).collect(),
            entra_clients: self.entra_clients.iter().cloned().map(EntraClientShape::from).collect(),
            expires_at: self.expires_at,
        })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let shape: OwnerShape = serde_json::from_value(body)?;
        if !EARLIER_SCHEMAS.contains(&shape.schema) {
            check_schema(shape.schema, SCHEMA)?;
        }
        let approval = |shape: ApprovalShape| {
            let ApprovalShape { id, client, redirect, scope, address, metadata, given_at } = shape;
            Approval { id, client, receiver: redirect, scope, address, metadata, given_at }
        };
        Ok(Self {
            key: shape.owner,
            approvals: shape.approvals.into_iter().map(approval).collect(),
            withdrawals: shape
                .withdrawals
                .into_iter()
                .map(|shape| Withdrawal { client: shape.client, at: shape.at })
                .collect(),
            demands: shape.demands.into_iter().map(Demand::from).collect(),
            entra_clients: shape.entra_clients.into_iter().map(EntraClient::from).collect(),
            expires_at: shape.expires_at,
        })
    }
}
