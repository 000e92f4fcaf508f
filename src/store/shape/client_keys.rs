//! The keys of a client, in the item of the client.

use authorization_server::state::client_keys::{ClientKeys, FetchedKeys};
use oauth_protocol::{
    https_url::HttpsUrl,
    json_web_key::{KeySet, SigningAlgorithm},
    private_key_jwt::{PrivateKeyJwt, PublishedKeys},
};
use serde::{Deserialize, Serialize, de::Error as _};
use time::OffsetDateTime;

#[derive(Serialize, Deserialize)]
pub(super) struct ClientKeysShape {
    required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    algorithm: Option<SigningAlgorithm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks: Option<KeySet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fetched: Option<FetchedKeysShape>,
}

#[derive(Serialize, Deserialize)]
struct FetchedKeysShape {
    jwks: KeySet,
    #[serde(with = "time::serde::timestamp")]
    at: OffsetDateTime,
}

impl From<&ClientKeys> for ClientKeysShape {
    fn from(ClientKeys { declared, fetched }: &ClientKeys) -> Self {
        let PrivateKeyJwt { required, algorithm, keys } = declared.clone();
        let (jwks, jwks_uri) = match keys {
            PublishedKeys::Inline(keys) => (Some(keys), None),
            PublishedKeys::At(url) => (None, Some(url.as_str().to_owned())),
        };
        let fetched = fetched.clone().map(|FetchedKeys { keys: jwks, at }| FetchedKeysShape { jwks, at });
        Self { required, algorithm, jwks, jwks_uri, fetched }
    }
}

impl TryFrom<ClientKeysShape> for ClientKeys {
    type Error = serde_json::Error;

    fn try_from(shape: ClientKeysShape) -> serde_json::Result<Self> {
        let ClientKeysShape { required, algorithm, jwks, jwks_uri, fetched } = shape;
        let keys = match (jwks, jwks_uri) {
            (Some(keys), None) => PublishedKeys::Inline(keys),
            (None, Some(url)) => PublishedKeys::At(HttpsUrl::parse(&url).map_err(serde_json::Error::custom)?),
            _ => return Err(serde_json::Error::custom("the client must have jwks or jwks_uri")),
        };
        let fetched = fetched.map(|FetchedKeysShape { jwks: keys, at }| FetchedKeys { keys, at });
        Ok(Self { declared: PrivateKeyJwt { required, algorithm, keys }, fetched })
    }
}
