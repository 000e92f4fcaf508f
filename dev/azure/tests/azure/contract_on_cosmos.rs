//! Cosmos DB holds the contract of the `Records` port, as redb does.

use std::sync::Arc;

use authorization_server::ports::Clock as _;
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    time::{Duration, OffsetDateTime},
};
use local_tenant::Tenant;
use remote_auth_mcp::{
    config::AzureSettings,
    ports::records::{Address, Container, Records},
    store::cosmos::Cosmos,
};
use testkit::ManualClock;

use crate::contract;

/// The workload identity. (`azure_identity` reads the environment of the process, which tests share.)
#[derive(Debug)]
struct Identity {
    endpoint: String,
    header: String,
    client_id: String,
}

impl Identity {
    fn of(tenant: &Tenant) -> Self {
        let settings = tenant.settings();
        let value = |name: &str| settings.iter().find(|(key, _)| key == name).unwrap().1.clone();
        Self {
            endpoint: value("IDENTITY_ENDPOINT"),
            header: value("IDENTITY_HEADER"),
            client_id: value("AZURE_CLIENT_ID"),
        }
    }
}

#[async_trait::async_trait]
impl TokenCredential for Identity {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let resource = scopes[0].trim_end_matches("/.default");
        let query = [("resource", resource), ("api-version", "2019-08-01"), ("client_id", &self.client_id)];
        let request = reqwest::Client::new().get(&self.endpoint).query(&query);
        let answer = request.header("x-identity-header", &self.header).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Ok(AccessToken::new(token, OffsetDateTime::now_utc() + Duration::hours(1)))
    }
}

async fn until_connected(store: &Cosmos) {
    let nothing = Address { container: Container::Clients, partition: "none".into(), id: "none".into() };
    for _ in 0..400 {
        if store.get(&nothing).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("not connected within 20 s: {:?}", store.get(&nothing).await);
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
    let vault_key = remote_auth_mcp::config::VaultKeyId { vault: "https://v.vault.azure.net".into(), name: "k".into() };
    let settings = AzureSettings { endpoint: emulator.url().parse().unwrap(), database: "mcp".into(), vault_key };
    let store = Cosmos::connect(&settings, Arc::new(Identity::of(&tenant)));
    until_connected(&store).await;
    contract::holds(&store, &clock).await;
}
