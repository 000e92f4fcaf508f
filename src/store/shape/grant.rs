//! A grant in its owner's partition of `owners`.

use authorization_server::{
    ground::{GrantKey, Id, Sealed},
    state::{
        family::{Family, FamilyKey, Superseded},
        grant::{Grant, Status},
    },
};
use oauth_protocol::{resource, scope::Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

/// 5 adds whether the client had authenticated.
const SCHEMA: u32 = 5;
/// Was of public clients only. It added the address.
const SCHEMA_OF_PUBLIC_CLIENTS: u32 = 4;
/// Had none.
const SCHEMA_WITHOUT_ADDRESS: u32 = 3;
/// Took the generation before the newest for the last presented one; `rotated_at` was the time of its first answer.
const SCHEMA_WITHOUT_PRESENTED: u32 = 2;
/// Had no status `unissued` either: an active grant that ended when it began was an unissued one.
const SCHEMA_WITHOUT_UNISSUED: u32 = 1;

#[derive(Serialize, Deserialize)]
struct GrantShape<F> {
    schema: u32,
    id: String,
    owner: Id,
    grant: Id,
    client: Id,
    #[serde(default)]
    authenticated: bool,
    scope: Scope,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<resource::ResourceAddress>,
    status: Status,
    version: u32,
    family: F,
    #[serde(with = "time::serde::timestamp")]
    redeemed_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct FamilyShape {
    sealed_key: Sealed<FamilyKey>,
    generation: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    presented: Option<u32>,
    #[serde(with = "time::serde::timestamp")]
    answered_at: OffsetDateTime,
    seen: bool,
    superseded: Vec<SupersededShape>,
}

#[derive(Serialize, Deserialize)]
struct SupersededShape {
    generation: u32,
    #[serde(with = "time::serde::timestamp")]
    at: OffsetDateTime,
}

#[derive(Deserialize)]
struct FamilyWithoutPresented {
    sealed_key: Sealed<FamilyKey>,
    generation: u32,
    #[serde(with = "time::serde::timestamp")]
    rotated_at: OffsetDateTime,
    seen: bool,
}

#[derive(Deserialize)]
struct SchemaNumber {
    schema: u32,
}

impl From<Family> for FamilyShape {
    fn from(Family { sealed_key, generation, presented, answered_at, seen, superseded }: Family) -> Self {
        let shape = |Superseded { generation, at }| SupersededShape { generation, at };
        let superseded = superseded.into_iter().map(shape).collect();
        Self { sealed_key, generation, presented, answered_at, seen, superseded }
    }
}

impl From<FamilyShape> for Family {
    fn from(FamilyShape { sealed_key, generation, presented, answered_at, seen, superseded }: FamilyShape) -> Self {
        let state = |SupersededShape { generation, at }| Superseded { generation, at };
        let superseded = superseded.into_iter().map(state).collect();
        Self { sealed_key, generation, presented, answered_at, seen, superseded }
    }
}

impl From<FamilyWithoutPresented> for Family {
    fn from(FamilyWithoutPresented { sealed_key, generation, rotated_at, seen }: FamilyWithoutPresented) -> Self {
        let presented = (generation > 1).then(|| generation - 1);
        Self { sealed_key, generation, presented, answered_at: rotated_at, seen, superseded: Vec::new() }
    }
}

impl<F: Into<Family>> From<GrantShape<F>> for Grant {
    fn from(shape: GrantShape<F>) -> Self {
        Self {
            key: GrantKey { owner: shape.owner, grant: shape.grant },
            client: shape.client,
            authenticated: shape.authenticated,
            scope: shape.scope,
            address: shape.address,
            status: shape.status,
            version: shape.version,
            family: shape.family.into(),
            redeemed_at: shape.redeemed_at,
            expires_at: shape.expires_at,
        }
    }
}

/// The prefix of the ids of grants, among other items of their owner.
pub(in crate::store) const GRANT_ITEM: &str = "grant:";

fn item_id(grant: Id) -> String {
    format!("{GRANT_ITEM}{grant}")
}

impl Shape for Grant {
    fn address(key: &GrantKey) -> Address {
        Address { container: Container::Owners, partition: key.owner.to_string(), id: item_id(key.grant) }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        serde_json::to_value(GrantShape {
            schema: SCHEMA,
            id: item_id(self.key.grant),
            owner: self.key.owner,
            grant: self.key.grant,
            client: self.client,
            authenticated: self.authenticated,
            scope: self.scope.clone(),
            address: self.address,
            status: self.status,
            version: self.version,
            family: FamilyShape::from(self.family.clone()),
            redeemed_at: self.redeemed_at,
            expires_at: self.expires_at,
        })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let found = SchemaNumber::deserialize(&body)?.schema;
        if !matches!(found, SCHEMA_WITHOUT_UNISSUED | SCHEMA_WITHOUT_PRESENTED) {
            if !matches!(found, SCHEMA_WITHOUT_ADDRESS | SCHEMA_OF_PUBLIC_CLIENTS) {
                check_schema(found, SCHEMA)?;
            }
            return serde_json::from_value::<GrantShape<FamilyShape>>(body).map(Self::from);
        }
        let mut grant = Self::from(serde_json::from_value::<GrantShape<FamilyWithoutPresented>>(body)?);
        let ended_at_once = grant.status == Status::Active && grant.expires_at <= grant.redeemed_at;
        if found == SCHEMA_WITHOUT_UNISSUED && ended_at_once {
            grant.status = Status::Unissued;
        }
        Ok(grant)
    }
}
