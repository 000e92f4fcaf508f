//! A client in `clients`.

use authorization_server::{
    ground::Id,
    state::{
        client::{Client, Document, Origin},
        client_keys::ClientKeys,
        former_hosts::FormerHost,
    },
};
use oauth_protocol::{client_id_url::ClientIdUrl, redirect_uri::RedirectUri};
use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema, client_keys::ClientKeysShape};
use crate::ports::records::{Address, Container};

/// 5 adds the hosts that a document named before.
const SCHEMA: u32 = 5;
/// Had none. It added the days of use.
const SCHEMA_WITHOUT_FORMER_HOSTS: u32 = 4;
/// Had none. It added the keys of a document's client.
const SCHEMA_WITHOUT_DAYS: u32 = 3;
/// Had public clients only. It added the document.
const SCHEMA_WITHOUT_KEYS: u32 = 2;
/// Had registrations only.
const SCHEMA_WITHOUT_DOCUMENT: u32 = 1;

const EARLIER_SCHEMAS: [u32; 4] =
    [SCHEMA_WITHOUT_DOCUMENT, SCHEMA_WITHOUT_KEYS, SCHEMA_WITHOUT_DAYS, SCHEMA_WITHOUT_FORMER_HOSTS];

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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_redirect_hosts: Vec<FormerHostShape>,
}

#[derive(Serialize, Deserialize)]
struct FormerHostShape {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(with = "time::serde::timestamp")]
    until: OffsetDateTime,
}

impl From<&Document> for DocumentShape {
    fn from(Document { url, fresh_until, keys, former_hosts }: &Document) -> Self {
        let former = |FormerHost { host, until }: &FormerHost| FormerHostShape { host: host.clone(), until: *until };
        Self {
            url: url.as_str().to_owned(),
            fresh_until: *fresh_until,
            private_key_jwt: keys.as_ref().map(ClientKeysShape::from),
            former_redirect_hosts: former_hosts.iter().map(former).collect(),
        }
    }
}

impl TryFrom<DocumentShape> for Document {
    type Error = serde_json::Error;

    fn try_from(shape: DocumentShape) -> serde_json::Result<Self> {
        let former = |FormerHostShape { host, until }| FormerHost { host, until };
        Ok(Self {
            url: ClientIdUrl::parse(&shape.url).map_err(serde_json::Error::custom)?,
            fresh_until: shape.fresh_until,
            keys: shape.private_key_jwt.map(ClientKeys::try_from).transpose()?,
            former_hosts: shape.former_redirect_hosts.into_iter().map(former).collect(),
        })
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
        if !EARLIER_SCHEMAS.contains(&shape.schema) {
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
