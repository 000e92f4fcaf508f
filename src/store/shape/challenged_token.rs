//! A token of Entra that lacks claims, in `owners`.

use authorization_server::{
    ground::Id,
    state::{
        challenged_token::{ChallengedToken, LackedClaims, TokenKey},
        claims::Claims,
    },
};
use oauth_protocol::scope::Scope;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct ChallengedTokenShape {
    schema: u32,
    id: String,
    owner: Id,
    token: Id,
    lacks: Vec<LackedClaimsShape>,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct LackedClaimsShape {
    scope: Scope,
    claims: Claims,
}

fn item_id(token: Id) -> String {
    format!("challenged-token:{token}")
}

impl Shape for ChallengedToken {
    fn address(key: &TokenKey) -> Address {
        let (partition, id) = (key.owner.to_string(), item_id(key.token));
        Address { container: Container::Owners, partition, id }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        let Self { key: TokenKey { owner, token }, lacks, expires_at } = self.clone();
        let lacks = lacks.into_iter().map(|LackedClaims { scope, claims }| LackedClaimsShape { scope, claims });
        let (id, lacks) = (item_id(token), lacks.collect());
        serde_json::to_value(ChallengedTokenShape { schema: SCHEMA, id, owner, token, lacks, expires_at })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let ChallengedTokenShape { schema, owner, token, lacks, expires_at, .. } = serde_json::from_value(body)?;
        check_schema(schema, SCHEMA)?;
        let lacks = lacks.into_iter().map(|LackedClaimsShape { scope, claims }| LackedClaims { scope, claims });
        Ok(Self { key: TokenKey { owner, token }, lacks: lacks.collect(), expires_at })
    }
}
