//! A client in `clients`.

use authorization_server::{
    ground::Id,
    state::{
        client::{Client, Document, Origin},
        client_keys::ClientKeys,
    },
};
use oauth_protocol::{client_id_url::ClientIdUrl, redirect_uri::RedirectUri};
use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema, client_keys::ClientKeysShape};
use crate::ports::records::{Address, Container};

/// 4 adds the days of use.
const SCHEMA: u32 = 4;
/// Had none. It added the keys of a document's client.
const SCHEMA_WITHOUT_DAYS: u32 = 3;
/// Had public clients only. It added the document.
const SCHEMA_WITHOUT_KEYS: u32 = 2;
/// Had registrations only.
const SCHEMA_WITHOUT_DOCUMENT: u32 = 1;

/// The member that is a number only if the client is in use.
pub(in crate::store) const USED_AT: &str = "used_at";

#[derive(Serialize, Deserialize)]
struct ClientShape {
    schema: u32,
    id: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<DocumentShape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    redirect_uris: Vec<String>,
    #[serde(with = "time::serde::timestamp")]
    registered_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp::option", default)]
    used_at: Option<OffsetDateTime>,
    #[serde(default)]
    days_used: u32,
    #[serde(with = "time::serde::timestamp")]
    expires_at: OffsetDateTime,
}

#[derive(Serialize, Deserialize)]
struct DocumentShape {
    url: String,
    #[serde(with = "time::serde::timestamp")]
    fresh_until: OffsetDateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private_key_jwt: Option<ClientKeysShape>,
}

impl From<&Document> for DocumentShape {
    fn from(Document { url, fresh_until, keys }: &Document) -> Self {
        let private_key_jwt = keys.as_ref().map(ClientKeysShape::from);
        Self { url: url.as_str().to_owned(), fresh_until: *fresh_until, private_key_jwt }
    }
}

impl TryFrom<DocumentShape> for Document {
    type Error = serde_json::Error;

    fn try_from(shape: DocumentShape) -> serde_json::Result<Self> {
        let DocumentShape { url, fresh_until, private_key_jwt } = shape;
        let keys = private_key_jwt.map(ClientKeys::try_from).transpose()?;
        Ok(Self { url: ClientIdUrl::parse(&url).map_err(serde_json::Error::custom)?, fresh_until, keys })
    }
}

impl Shape for Client {
    fn address(key: &Id) -> Address {
        Address { container: Container::Clients, partition: key.to_string(), id: key.to_string() }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        serde_json::to_value(ClientShape {
            schema: SCHEMA,
            id: self.id,
            document: self.document().map(DocumentShape::from),
            name: self.name.clone(),
            redirect_uris: self.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            registered_at: self.registered_at,
            used_at: self.used_at,
            days_used: self.days_used,
            expires_at: self.expires_at,
        })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let shape: ClientShape = serde_json::from_value(body)?;
        if !matches!(shape.schema, SCHEMA_WITHOUT_DOCUMENT | SCHEMA_WITHOUT_KEYS | SCHEMA_WITHOUT_DAYS) {
            check_schema(shape.schema, SCHEMA)?;
        }
        let document = shape.document.map(Document::try_from).transpose()?;
        Ok(Self {
            id: shape.id,
            origin: document.map_or(Origin::Registration, Origin::Document),
            name: shape.name,
            redirect_uris: shape.redirect_uris.into_iter().map(RedirectUri::stored).collect(),
            registered_at: shape.registered_at,
            used_at: shape.used_at,
            days_used: shape.days_used.max(u32::from(shape.used_at.is_some())),
            expires_at: shape.expires_at,
        })
    }
}
