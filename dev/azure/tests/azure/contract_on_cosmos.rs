//! Cosmos DB holds the contract of the `ItemStore` port, as redb does.

use std::sync::Arc;

use authorization_server::ground::Clock as _;
use azure_tests::ManagedIdentity;
use cosmos_emulator::Emulator;
use local_tenant::Tenant;
use remote_auth_mcp::{
    config::{AzureSettings, VaultKeyId},
    ports::records::{Address, Container, ItemStore},
    store::cosmos::Cosmos,
};
use stand_in::wait::until;
use testkit::ManualClock;

use crate::contract;

/// The store, as a handler has it.
pub(crate) async fn connected(emulator: &Emulator, tenant: &Tenant) -> Cosmos {
    let vault_key = VaultKeyId { vault: "https://v.vault.azure.net".into(), name: "k".into() };
    let settings = AzureSettings { endpoint: emulator.url().parse().unwrap(), database: "mcp".into(), vault_key };
    let store = Cosmos::connect(&settings, Arc::new(ManagedIdentity::of(tenant)));
    let nothing = Address { container: Container::Clients, partition: "none".into(), id: "none".into() };
    until(async || store.get(&nothing).await.is_ok()).await;
    store
}

#[tokio::test]
async fn cosmos_db_holds_the_contract() {
    let tenant = local_tenant::start(local_tenant::Options::default()).await.unwrap();
    let clock = Arc::new(ManualClock::default());
    let tenant_id = tenant.settings().iter().find(|(name, _)| name == "ENTRA_TENANT_ID").unwrap().1.clone();
    let mut options = cosmos_emulator::Options::new(tenant.base_url(), tenant_id);
    options.clock = {
        let clock = Arc::clone(&clock);
        Arc::new(move || clock.now().unix_timestamp())
    };
    let emulator = cosmos_emulator::start(options).await.unwrap();
    let store = connected(&emulator, &tenant).await;
    contract::holds(&store, &clock).await;
}
