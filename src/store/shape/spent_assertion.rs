//! A client assertion that was used, in `authorizations`.

use authorization_server::{ground::Id, state::spent_assertion::SpentAssertion};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct SpentAssertionShape {
    schema: u32,
    id: String,
    assertion: Id,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
}

fn item_id(assertion: Id) -> String {
    format!("assertion:{assertion}")
}

impl Shape for SpentAssertion {
    fn address(key: &Id) -> Address {
        let id = item_id(*key);
        Address { container: Container::Authorizations, partition: id.clone(), id }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        let (id, assertion, expires_at) = (item_id(self.id), self.id, self.expires_at);
        serde_json::to_value(SpentAssertionShape { schema: SCHEMA, id, assertion, expires_at })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let SpentAssertionShape { schema, assertion, expires_at, .. } = serde_json::from_value(body)?;
        check_schema(schema, SCHEMA)?;
        Ok(Self { id: assertion, expires_at })
    }
}
