//! A tenant with a key, an emulator that trusts it, clients with its tokens.

mod tenant;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_data_cosmos::{
    AccountReference, ContainerClient, CosmosClientBuilder, CosmosError, CosmosRuntime, RoutingStrategy,
    options::{ConnectionPoolOptions, Region, ServerCertificateValidation},
};
use cosmos_emulator::{Emulator, Options, Verb};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

pub(crate) use tenant::{TENANT_ID, Tenant, cosmos_claims, forge, sign, utc_now};

/// Long after 1970, and no time of day in particular.
pub(crate) const NOW: i64 = 1_800_000_000;

/// One emulator and all that a test does to it.
pub(crate) struct Rig {
    pub(crate) emulator: Emulator,
    pub(crate) tenant: Tenant,
    now: Arc<AtomicI64>,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        let tenant = Tenant::start().await;
        let now = Arc::new(AtomicI64::new(NOW));
        let shown = Arc::clone(&now);
        let clock = Arc::new(move || shown.load(Ordering::SeqCst));
        let options = Options { clock, ..Options::new(tenant.url(), TENANT_ID) };
        Self { emulator: cosmos_emulator::start(options).await.unwrap(), tenant, now }
    }

    /// Moves the emulator's clock on.
    pub(crate) fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// A container, through a client of its own.
    pub(crate) async fn container(&self, name: &str) -> ContainerClient {
        self.container_with(name, self.token()).await.unwrap()
    }

    /// A container, with this token.
    pub(crate) async fn container_with(&self, name: &str, token: String) -> Result<ContainerClient, CosmosError> {
        let pool = ConnectionPoolOptions::builder()
            .with_server_certificate_validation(ServerCertificateValidation::RequiredUnlessEmulator)
            .build()?;
        let runtime = CosmosRuntime::builder().with_connection_pool(pool).build().await?;
        let account = AccountReference::with_credential(self.emulator.url().parse()?, Arc::new(Identity(token)));
        let routing = RoutingStrategy::ProximityTo(Region::WEST_EUROPE);
        let client = CosmosClientBuilder::new().with_runtime(runtime).build(account, routing).await?;
        client.database_client("mcp").container_client(name, None).await
    }

    /// A bare request with a good token, to a path below the account.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare_of(&reqwest::Client::builder().no_proxy().build().unwrap(), method, path)
    }

    /// As [`Rig::bare`], of a client that keeps its connection.
    pub(crate) fn bare_of(&self, client: &reqwest::Client, method: Method, path: &str) -> RequestBuilder {
        let request = client.request(method, format!("{}{path}", self.emulator.url()));
        request.header("authorization", authorization(&self.token()))
    }

    /// A good token.
    pub(crate) fn token(&self) -> String {
        sign(&cosmos_claims(self.tenant.url()))
    }

    /// Statuses of all operations so far, by verb.
    pub(crate) fn statuses(&self, verb: Verb) -> Vec<Option<u16>> {
        let operations = self.emulator.operations();
        operations.into_iter().filter(|operation| operation.verb == verb).map(|operation| operation.status).collect()
    }
}

/// The header as Cosmos wants it.
pub(crate) fn authorization(token: &str) -> String {
    format!("type%3Daad%26ver%3D1.0%26sig%3D{token}")
}

/// A managed identity without an endpoint.
#[derive(Debug)]
struct Identity(String);

#[async_trait::async_trait]
impl TokenCredential for Identity {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://cosmos.azure.com/.default"]);
        Ok(AccessToken::new(self.0.clone(), utc_now() + Duration::from_hours(1)))
    }
}

/// An item of `owners`.
pub(crate) fn item(id: &str, value: i64) -> Value {
    json!({ "id": id, "owner": "alice", "value": value })
}

/// The same with a time to live.
pub(crate) fn mortal(id: &str, ttl: i64) -> Value {
    json!({ "id": id, "owner": "alice", "value": 1, "ttl": ttl })
}

/// Reads the value of an item of alice's.
pub(crate) async fn value(container: &ContainerClient, id: &str) -> Result<i64, u16> {
    let response = container.read_item("alice", id, None).await.map_err(|error| status(&error))?;
    Ok(response.into_model::<Value>().unwrap()["value"].as_i64().unwrap())
}

/// The status that the service answered.
pub(crate) fn status(error: &CosmosError) -> u16 {
    u16::from(error.status().status_code())
}
