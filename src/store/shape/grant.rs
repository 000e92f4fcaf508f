//! A grant in its owner's partition of `owners`.

use authorization_server::{
    ground::{GrantKey, Id, Sealed},
    state::{
        family::{Family, FamilyKey},
        grant::{Grant, Status},
    },
};
use oauth_protocol::scope::Scope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

/// 2 adds the status `unissued`.
const SCHEMA: u32 = 2;
/// Had no such status: an active grant that ended when it began was an unissued one.
const SCHEMA_WITHOUT_UNISSUED: u32 = 1;

#[derive(Serialize, Deserialize)]
struct GrantShape {
    schema: u32,
    id: String,
    owner: Id,
    grant: Id,
    client: Id,
    scope: Scope,
    status: Status,
    version: u32,
    family: FamilyShape,
    #[serde(with = "time::serde::timestamp")]
    redeemed_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct FamilyShape {
    sealed_key: Sealed<FamilyKey>,
    generation: u32,
    #[serde(with = "time::serde::timestamp")]
    rotated_at: OffsetDateTime,
    seen: bool,
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
        let Family { sealed_key, generation, rotated_at, seen } = self.family.clone();
        serde_json::to_value(GrantShape {
            schema: SCHEMA,
            id: item_id(self.key.grant),
            owner: self.key.owner,
            grant: self.key.grant,
            client: self.client,
            scope: self.scope.clone(),
            status: self.status,
            version: self.version,
            family: FamilyShape { sealed_key, generation, rotated_at, seen },
            redeemed_at: self.redeemed_at,
            expires_at: self.expires_at,
        })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let shape: GrantShape = serde_json::from_value(body)?;
        let status = match shape.schema {
            SCHEMA_WITHOUT_UNISSUED if shape.status == Status::Active && shape.expires_at <= shape.redeemed_at => {
                Status::Unissued
            }
            SCHEMA_WITHOUT_UNISSUED => shape.status,
            found => check_schema(found, SCHEMA).map(|()| shape.status)?,
        };
        let FamilyShape { sealed_key, generation, rotated_at, seen } = shape.family;
        Ok(Self {
            key: GrantKey { owner: shape.owner, grant: shape.grant },
            client: shape.client,
            scope: shape.scope,
            status,
            version: shape.version,
            family: Family { sealed_key, generation, rotated_at, seen },
            redeemed_at: shape.redeemed_at,
            expires_at: shape.expires_at,
        })
    }
}
