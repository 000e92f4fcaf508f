//! The driver's in-memory emulator: requests in, answers out, no socket.

use std::fmt::Display;

use azure_core::http::headers::{HeaderName as CoreName, HeaderValue as CoreValue};
use azure_core::http::{Request as CoreRequest, Url};
use azure_data_cosmos_driver::in_memory_emulator::{
    ConsistencyLevel, InMemoryEmulatorHttpClient, VirtualAccountConfig, VirtualRegion,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use serde_json::json;

use crate::{StartError, answer};

/// The one database.
pub(crate) const DATABASE: &str = "mcp";

/// The containers that Bicep makes, and their partition key paths.
pub(crate) const CONTAINERS: [(&str, &str); 6] = [
    ("clients", "/id"),
    ("authorizations", "/id"),
    ("owners", "/owner"),
    ("keyring", "/id"),
    ("events", "/instance"),
    ("operator", "/kind"),
];

/// Headers of the connection and of the front, which the emulator does not get.
const NOT_PASSED_ON: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TE,
    header::TRANSFER_ENCODING,
];

/// One account: one region, Strong consistency.
pub(crate) struct Account {
    emulator: InMemoryEmulatorHttpClient,
    origin: Url,
}

impl Account {
    /// An account at this origin, with the database and its empty containers.
    pub(crate) async fn create(origin: &str) -> Result<Self, StartError> {
        let failed = |error: &dyn Display| StartError::Account(error.to_string());
        let origin = Url::parse(origin).map_err(|error| failed(&error))?;
        let config = VirtualAccountConfig::new(vec![VirtualRegion::new("West Europe", origin.clone())])
            .map_err(|error| failed(&error))?
            .with_account_id("local")
            .with_consistency(ConsistencyLevel::Strong);
        let emulator = InMemoryEmulatorHttpClient::try_new(config).map_err(|error| failed(&error))?;
        let account = Self { emulator, origin };
        account.make("/dbs", &json!({ "id": DATABASE })).await?;
        for (container, path) in CONTAINERS {
            let definition = json!({
                "id": container,
                "partitionKey": { "paths": [path], "kind": "Hash", "version": 2 },
                "defaultTtl": -1,
            });
            account.make(&format!("/dbs/{DATABASE}/colls"), &definition).await?;
        }
        Ok(account)
    }

    async fn make(&self, path: &str, definition: &serde_json::Value) -> Result<(), StartError> {
        let request = Request::post(path).body(Bytes::from(definition.to_string()));
        let request = request.map_err(|error| StartError::Account(error.to_string()))?;
        match self.execute(&request).await.status() {
            StatusCode::CREATED => Ok(()),
            status => Err(StartError::Account(format!("{path}: {status}"))),
        }
    }

    /// The emulator's answer to a request.
    pub(crate) async fn execute(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let converted = match self.convert(request) {
            Ok(converted) => converted,
            Err(reason) => return answer::bad_request(reason),
        };
        let failed = |error: &dyn Display| {
            answer::error(StatusCode::INTERNAL_SERVER_ERROR, None, "EmulatorFailed", &error.to_string())
        };
        let answered = match self.emulator.execute_request(&converted).await {
            Ok(answered) => answered,
            Err(error) => return failed(&error),
        };
        match answered.try_into_raw_response().await {
            Ok(raw) => respond(u16::from(raw.status()), raw.headers(), raw.body().as_ref()),
            Err(error) => failed(&error),
        }
    }

    fn convert(&self, request: &Request<Bytes>) -> Result<CoreRequest, &'static str> {
        let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let url = self.origin.join(target).map_err(|_| "The path is malformed.")?;
        let method = request.method().as_str().parse().map_err(|_| "The method is not implemented.")?;
        let mut converted = CoreRequest::new(url, method);
        for (name, value) in request.headers().iter().filter(|(name, _)| !NOT_PASSED_ON.contains(name)) {
            let value = value.to_str().map_err(|_| "A header is not ASCII.")?;
            converted.insert_header(CoreName::from(name.as_str().to_owned()), CoreValue::from(value.to_owned()));
        }
        converted.set_body(request.body().clone());
        Ok(converted)
    }
}

fn respond(status: u16, headers: &azure_core::http::headers::Headers, body: &[u8]) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers.iter().filter_map(pair).collect::<HeaderMap>();
    response
}

fn pair((name, value): (&CoreName, &CoreValue)) -> Option<(HeaderName, HeaderValue)> {
    Some((name.as_str().parse().ok()?, value.as_str().parse().ok()?))
}
