//! The SDK's clients, made in the background: the account may come up after us, and go again.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use azure_core::credentials::TokenCredential;
use azure_data_cosmos::{
    AccountEndpoint, AccountReference, CosmosClient, RoutingStrategy,
    clients::ContainerClient,
    options::{
        EndToEndOperationLatencyPolicy, OperationOptions, OperationOptionsBuilder, ThrottlingRetryOptionsBuilder,
    },
};

use super::cosmos::failed;
use crate::{
    config::AzureSettings,
    ports::records::{Container, StoreError},
};

/// An operation with all its retries. The SDK's default is none at all.
const OPERATION: Duration = Duration::from_secs(3);
/// The SDK's defaults are 9 and 30 s.
const THROTTLED_RETRIES: u32 = 3;
const THROTTLED_WAIT: Duration = Duration::from_secs(2);
/// One attempt to connect: account, database and container properties.
const CONNECT: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A client of each container, or none yet.
pub(super) struct Clients(OnceLock<HashMap<Container, ContainerClient>>);

impl Clients {
    pub(super) fn connect(settings: &AzureSettings, identity: Arc<dyn TokenCredential>) -> Arc<Self> {
        let clients = Arc::new(Self(OnceLock::new()));
        tokio::spawn(keep_connecting(Arc::downgrade(&clients), settings.clone(), identity));
        clients
    }

    pub(super) fn get(&self, container: Container) -> Result<&ContainerClient, StoreError> {
        let client = self.0.get().and_then(|clients| clients.get(&container));
        client.ok_or_else(|| StoreError("Cosmos DB has not been reached yet".into()))
    }
}

/// Until it has succeeded, or nobody wants it any more.
async fn keep_connecting(clients: Weak<Clients>, settings: AzureSettings, identity: Arc<dyn TokenCredential>) {
    let mut pause = FIRST_PAUSE;
    while clients.strong_count() > 0 {
        let attempt = tokio::time::timeout(CONNECT, connect(&settings, Arc::clone(&identity))).await;
        match attempt {
            Ok(Ok(made)) => {
                if let Some(clients) = clients.upgrade() {
                    let _ = clients.0.set(made);
                }
                return tracing::info!("Cosmos DB is reached");
            }
            Ok(Err(error)) => tracing::warn!(error = %failed(&error), "Cosmos DB is not reached"),
            Err(_) => tracing::warn!("Cosmos DB does not answer"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
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
        .with_end_to_end_latency_policy(EndToEndOperationLatencyPolicy::new(OPERATION))
        .with_throttling_retry_options(throttling)
        .build()
}
