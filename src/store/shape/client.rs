//! A registration in `clients`.

use authorization_server::{ground::Id, state::client::Client};
use oauth_protocol::redirect_uri::RedirectUri;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct ClientShape {
    schema: u32,
    id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    redirect_uris: Vec<String>,
    #[serde(with = "time::serde::timestamp")]
    registered_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp::option", default)]
    used_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
}

impl Shape for Client {
    fn address(key: &Id) -> Address {
        Address { container: Container::Clients, partition: key.to_string(), id: key.to_string() }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        serde_json::to_value(ClientShape {
            schema: SCHEMA,
            id: self.id,
            name: self.name.clone(),
            redirect_uris: self.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            registered_at: self.registered_at,
            used_at: self.used_at,
            expires_at: self.expires_at,
        })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let shape: ClientShape = serde_json::from_value(body)?;
        check_schema(shape.schema, SCHEMA)?;
        Ok(Self {
            id: shape.id,
            name: shape.name,
            redirect_uris: shape.redirect_uris.into_iter().map(RedirectUri::stored).collect(),
            registered_at: shape.registered_at,
            used_at: shape.used_at,
            expires_at: shape.expires_at,
        })
    }
}
