//! Azure's own SDK in a process of its own, configured by nothing but its environment: challenge and certificates are
//! verified as they are in production.

use std::{collections::BTreeMap, env, process::Output, sync::Arc};

use azure_core::{
    credentials::TokenCredential,
    http::{ClientOptions, RequestContent, RetryOptions},
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use azure_security_keyvault_keys::{
    KeyClient, KeyClientOptions, ResourceExt as _,
    models::{EncryptionAlgorithm, KeyOperationParameters},
};
use local_tenant::Options;
use tokio::process::Command;

use super::DATA_KEY;
use crate::support::Local;

const VAULT: &str = "VAULT_OF_THE_CLIENT_PROCESS";
const TEST: &str = "vault::sdk::the_sdk_meets_the_vault_by_its_real_name";

/// Both processes are this test.
#[tokio::test]
async fn the_sdk_meets_the_vault_by_its_real_name() {
    #[expect(clippy::disallowed_methods, reason = "the outermost function of the client process")]
    if let Ok(vault) = env::var(VAULT) {
        return round_trip(&vault).await.unwrap();
    }
    let local = with_vault().await;
    let output = client_process(&environment(&local)).await;
    assert!(output.status.success(), "{}", text(&output));
    let seen = to_the_vault(&local);
    assert_eq!(seen[0], seen[1], "a challenge, then the token: {seen:?}");
    let operations: Vec<&str> = seen.iter().skip(2).map(|seen| seen.rsplit('/').next().unwrap()).collect();
    assert_eq!(operations, ["wrapkey", "unwrapkey", "versions"], "{seen:?}");
}

/// Neither by the authorities of this machine, nor by another tenant's.
#[tokio::test]
async fn without_the_vaults_certificate_the_sdk_does_not_talk_to_it() {
    let local = with_vault().await;
    let another = local_tenant::start(Options::default()).await.unwrap();
    let another = another.open_vault().unwrap().ca_file().display().to_string();
    for ca_file in [None, Some(another)] {
        let mut environment = environment(&local);
        environment.remove("SSL_CERT_FILE");
        environment.extend(ca_file.map(|file| ("SSL_CERT_FILE".to_owned(), file)));
        let output = client_process(&environment).await;
        let told = ["InvalidCertificate", "No CA certificates"].iter().any(|reason| text(&output).contains(reason));
        assert!(!output.status.success() && told, "{}", text(&output));
    }
    assert!(to_the_vault(&local).is_empty());
}

#[tokio::test]
async fn another_host_is_not_reached() {
    let local = with_vault().await;
    for host in ["another-vault.vault.azure.net", "local-vault.vault.azure.example"] {
        let mut environment = environment(&local);
        environment.insert(VAULT.to_owned(), format!("https://{host}"));
        let output = client_process(&environment).await;
        assert!(!output.status.success() && text(&output).contains("TunnelUnsuccessful"), "{}", text(&output));
    }
    assert!(to_the_vault(&local).is_empty());
}

/// Method and path of every request that the vault got.
fn to_the_vault(local: &Local) -> Vec<String> {
    let requests = local.tenant.requests().into_iter().filter(|request| request.path.contains("/keys/"));
    requests.map(|request| format!("{} {}", request.method, request.path)).collect()
}

async fn with_vault() -> Local {
    let local = Local::start().await;
    local.tenant.open_vault().unwrap();
    local
}

fn environment(local: &Local) -> BTreeMap<String, String> {
    let vault = (VAULT.to_owned(), "https://local-vault.vault.azure.net".to_owned());
    local.tenant.settings().into_iter().chain(local.tenant.vault_settings()).chain([vault]).collect()
}

async fn client_process(environment: &BTreeMap<String, String>) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", TEST, "--nocapture"]).env_clear().envs(environment).kill_on_drop(true);
    command.output().await.unwrap()
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// The work of the client process.
async fn round_trip(vault: &str) -> azure_core::Result<()> {
    let client = client(vault)?;
    let key = client.get_key("data-key-wrap", None).await?.into_model()?;
    let version = key.resource_id()?.version.unwrap();
    let wrapped = client.wrap_key("data-key-wrap", parameters(DATA_KEY)?, None).await?.into_model()?;
    assert_eq!(wrapped.resource_id()?.version.as_deref(), Some(version.as_str()));
    let wrapped = parameters(&wrapped.result.unwrap())?;
    let unwrapped = client.unwrap_key("data-key-wrap", &version, wrapped, None).await?.into_model()?;
    assert_eq!(unwrapped.result.as_deref(), Some(DATA_KEY));
    let mut versions = client.list_key_properties_versions("data-key-wrap", None)?;
    let listed = futures_util::TryStreamExt::try_next(&mut versions).await?.unwrap();
    assert_eq!(listed.resource_id()?.version, Some(version));
    Ok(())
}

fn client(vault: &str) -> azure_core::Result<KeyClient> {
    let once = || ClientOptions { retry: RetryOptions::none(), ..ClientOptions::default() };
    #[expect(clippy::disallowed_methods, reason = "the outermost function of the client process")]
    let client_id = env::var("AZURE_CLIENT_ID").unwrap();
    let user_assigned_id = Some(UserAssignedId::ClientId(client_id));
    let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options: once() };
    let identity: Arc<dyn TokenCredential> = ManagedIdentityCredential::new(Some(options))?;
    KeyClient::new(vault, identity, Some(KeyClientOptions { client_options: once(), ..KeyClientOptions::default() }))
}

fn parameters(value: &[u8]) -> azure_core::Result<RequestContent<KeyOperationParameters>> {
    let (algorithm, value) = (Some(EncryptionAlgorithm::RsaOaep256), Some(value.to_vec()));
    KeyOperationParameters { algorithm, value, ..KeyOperationParameters::default() }.try_into()
}
