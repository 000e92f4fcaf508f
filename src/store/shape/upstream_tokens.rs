//! The sealed upstream tokens, an item beside their grant.

use authorization_server::{
    ground::{GrantKey, Id, Sealed},
    state::upstream_tokens::{UpstreamSecrets, UpstreamTokens},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct TokensShape {
    schema: u32,
    id: String,
    owner: Id,
    grant: Id,
    sealed: Sealed<UpstreamSecrets>,
    #[serde(with = "time::serde::timestamp")]
    access_expires_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    kept_until: OffsetDateTime,
}

fn item_id(grant: Id) -> String {
    format!("upstream-tokens:{grant}")
}

impl Shape for UpstreamTokens {
    fn address(key: &GrantKey) -> Address {
        Address { container: Container::Owners, partition: key.owner.to_string(), id: item_id(key.grant) }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        serde_json::to_value(TokensShape {
            schema: SCHEMA,
            id: item_id(self.key.grant),
            owner: self.key.owner,
            grant: self.key.grant,
            sealed: self.sealed.clone(),
            access_expires_at: self.access_expires_at,
            kept_until: self.kept_until,
        })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let shape: TokensShape = serde_json::from_value(body)?;
        check_schema(shape.schema, SCHEMA)?;
        Ok(Self {
            key: GrantKey { owner: shape.owner, grant: shape.grant },
            sealed: shape.sealed,
            access_expires_at: shape.access_expires_at,
            kept_until: shape.kept_until,
        })
    }
}
