//! The SDK's clients. A background task makes them, because the account may become reachable after this process has started.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use azure_core::credentials::TokenCredential;
use azure_data_cosmos::{
    AccountEndpoint, AccountReference, CosmosClient, CosmosError, RoutingStrategy,
    clients::ContainerClient,
    options::{
        EndToEndOperationLatencyPolicy, OperationOptions, OperationOptionsBuilder, ThrottlingRetryOptionsBuilder,
    },
};
use backon::{ExponentialBuilder, Retryable as _};

use crate::{
    config::AzureSettings,
    ports::records::{Container, StoreError},
    telemetry::{CallOutcome, ServiceCalls, chain},
};

/// An operation with all its retries. The SDK has no limit by default.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(3);
/// The SDK's defaults are 9 retries and 30 s.
const THROTTLED_RETRIES: u32 = 3;
const THROTTLED_WAIT: Duration = Duration::from_secs(2);
/// One attempt to connect: it reads the properties of the account, the database and the containers.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Between attempts to connect.
const RECONNECT: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(5))
    .with_jitter()
    .without_max_times();

/// A client for each container, once the account has been reached.
pub(super) struct Clients(OnceLock<HashMap<Container, ContainerClient>>);

impl Clients {
    pub(super) fn connect(
        settings: &AzureSettings,
        identity: Arc<dyn TokenCredential>,
        calls: Arc<ServiceCalls>,
    ) -> Arc<Self> {
        let clients = Arc::new(Self(OnceLock::new()));
        tokio::spawn(keep_connecting(Arc::downgrade(&clients), settings.clone(), identity, calls));
        clients
    }

    pub(super) fn get(&self, container: Container) -> Result<&ContainerClient, StoreError> {
        let client = self.0.get().and_then(|clients| clients.get(&container));
        client.ok_or_else(|| StoreError("no connection to Cosmos DB yet".into()))
    }
}

impl From<CosmosError> for StoreError {
    fn from(error: CosmosError) -> Self {
        Self(chain(&error))
    }
}

/// Tries to connect until it succeeds or the clients are dropped.
async fn keep_connecting(
    clients: Weak<Clients>,
    settings: AzureSettings,
    identity: Arc<dyn TokenCredential>,
    calls: Arc<ServiceCalls>,
) {
    let attempt = || calls.count(connect_in_time(&settings, &identity), |_| CallOutcome::Failed);
    let connected = attempt
        .retry(RECONNECT)
        .when(|_| clients.strong_count() > 0)
        .notify(|error, _| tracing::warn!(%error, "no connection to Cosmos DB: trying again"))
        .await;
    if let (Ok(made), Some(clients)) = (connected, clients.upgrade()) {
        let _ = clients.0.set(made);
        tracing::info!("connected to Cosmos DB");
    }
}

async fn connect_in_time(
    settings: &AzureSettings,
    identity: &Arc<dyn TokenCredential>,
) -> Result<HashMap<Container, ContainerClient>, StoreError> {
    match tokio::time::timeout(CONNECT_TIMEOUT, connect(settings, Arc::clone(identity))).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(StoreError(format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()))),
    }
}

async fn connect(
    settings: &AzureSettings,
    identity: Arc<dyn TokenCredential>,
) -> azure_data_cosmos::Result<HashMap<Container, ContainerClient>> {
    let account = AccountReference::with_credential(AccountEndpoint::from(settings.endpoint.clone()), identity);
    let builder = CosmosClient::builder().with_default_operation_options(limits());
    // The account has one region, and says which.
    let client = builder.build(account, RoutingStrategy::PreferredRegions(Vec::new())).await?;
    let database = client.database_client(settings.database.as_str());
    let mut clients = HashMap::new();
    for container in Container::ALL {
        clients.insert(container, database.container_client(container.name(), None).await?);
    }
    Ok(clients)
}

fn limits() -> OperationOptions {
    let throttling = ThrottlingRetryOptionsBuilder::new()
        .with_max_retry_count(THROTTLED_RETRIES)
        .with_max_retry_wait_time(THROTTLED_WAIT)
        .build();
    OperationOptionsBuilder::new()
        .with_end_to_end_latency_policy(EndToEndOperationLatencyPolicy::new(OPERATION_TIMEOUT))
        .with_throttling_retry_options(throttling)
        .build()
}
