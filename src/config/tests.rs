//! Settings as an operator writes them.

use std::time::Duration;

use super::{Cloud, Environment, Fault, Faults, Settings, StoreSettings};

const GUID: &str = "11111111-2222-3333-4444-555555555555";

fn good() -> Vec<(&'static str, &'static str)> {
    vec![
        ("PUBLIC_BASE_URL", "http://127.0.0.1:7071"),
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "40000"),
        ("ENTRA_TENANT_ID", GUID),
        ("ENTRA_CLIENT_ID", GUID),
        ("AZURE_CLIENT_ID", GUID),
        ("DATA_DIR", "/tmp/x"),
        ("IDENTITY_ENDPOINT", "http://localhost:7072/msi/token"),
        ("IDENTITY_HEADER", "h"),
    ]
}

fn load(changes: &[(&'static str, &'static str)]) -> Result<Settings, Faults> {
    let mut variables = good();
    variables.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    variables.extend_from_slice(changes);
    let environment = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Settings::load(&environment.collect::<Environment>())
}

pub(super) fn faults(changes: &[(&'static str, &'static str)]) -> Vec<Fault> {
    let Err(faults) = load(changes) else { panic!("the settings {changes:?} were accepted") };
    faults.0
}

fn faulty(changes: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    faults(changes).iter().map(|fault| fault.setting).collect()
}

#[test]
fn the_required_settings_suffice_and_the_rest_has_defaults() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.base.issuer(), "http://127.0.0.1:7071");
    assert_eq!(settings.authority, "https://login.microsoftonline.com");
    assert_eq!(settings.graph, "https://graph.microsoft.com");
    assert_eq!(settings.server_name, "Mini MCP Server");
    assert_eq!(settings.log_level, tracing::Level::INFO);
}

#[test]
fn every_fault_is_reported_at_once_and_by_name() {
    let Err(faults) = Settings::load(&Environment::default()) else { panic!("nothing was accepted") };
    let named: Vec<&str> = faults.0.iter().map(|fault| fault.setting).collect();
    let expected: Vec<&str> = vec![
        "PUBLIC_BASE_URL",
        "FUNCTIONS_CUSTOMHANDLER_PORT",
        "ENTRA_TENANT_ID",
        "ENTRA_CLIENT_ID",
        "AZURE_CLIENT_ID",
        "COSMOS_ENDPOINT",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
    ];
    assert_eq!(named, expected);
    assert_eq!(faults.to_string().lines().count(), expected.len());
}

#[test]
fn malformed_values_are_faults() {
    let malformed = [
        ("PUBLIC_BASE_URL", "here"),
        ("PUBLIC_BASE_URL", "http://127.0.0.1:7071/path"),
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "70000"),
        ("ENTRA_TENANT_ID", "common"),
        ("ENTRA_CLIENT_ID", "11111111-2222-3333-4444-55555555555g"),
        ("ENTRA_AUTHORITY_HOST", "https://login.evil.example"),
        ("GRAPH_ENDPOINT", "http://192.168.1.1"),
        ("AZURE_CLOUD", "moon"),
        ("LOG_LEVEL", "loud"),
        ("PRIVATE_USE_SCHEMES", "javascript"),
        ("ALLOWED_ORIGINS", "https://app.example.com/path"),
        ("GATEWAY_PRINCIPAL_ID", "the gateway"),
        ("EVENT_POLL_MS", "5"),
        ("EVENT_POLL_MS", "soon"),
    ];
    for (name, value) in malformed {
        assert_eq!(faulty(&[(name, value)]), [name], "{value}");
    }
}

#[test]
fn an_empty_value_counts_as_unset() {
    assert_eq!(faulty(&[("AZURE_CLIENT_ID", "  ")]), ["AZURE_CLIENT_ID"]);
}

const PRODUCTION: [(&str, &str); 5] = [
    ("PUBLIC_BASE_URL", "https://mcp.example.com"),
    ("GATEWAY_PRINCIPAL_ID", GUID),
    ("DATA_DIR", ""),
    ("COSMOS_ENDPOINT", "https://account.documents.azure.com:443/"),
    ("KEY_VAULT_KEY_ID", "https://v.vault.azure.net/keys/data-key-wrap"),
];

pub(super) fn production(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = PRODUCTION.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().copied()).collect()
}

#[test]
fn production_has_a_shared_store_a_vault_and_a_gateway() {
    let settings = load(&PRODUCTION).unwrap();
    let StoreSettings::Azure(azure) = settings.store else { panic!("{:?}", settings.store) };
    assert_eq!(azure.endpoint.as_str(), "https://account.documents.azure.com/");
    assert_eq!(azure.database, "mcp");
    assert_eq!((&*azure.vault_key.vault, &*azure.vault_key.name), ("https://v.vault.azure.net", "data-key-wrap"));
    assert_eq!(settings.gateway_principal_id.as_deref(), Some(GUID));
    assert_eq!(settings.event_poll, Duration::from_millis(100));
}

#[test]
fn production_fails_closed_with_all_faults_at_once() {
    let nothing = production(&[("GATEWAY_PRINCIPAL_ID", ""), ("COSMOS_ENDPOINT", ""), ("KEY_VAULT_KEY_ID", "")]);
    assert_eq!(faulty(&nothing), ["COSMOS_ENDPOINT", "KEY_VAULT_KEY_ID", "GATEWAY_PRINCIPAL_ID"]);
    let all = production(&[
        ("DATA_DIR", "/tmp/x"),
        ("COSMOS_ENDPOINT", "http://127.0.0.1:7073"),
        ("COSMOS_DATABASE", "a/b"),
        ("KEY_VAULT_KEY_ID", "n"),
        ("GATEWAY_PRINCIPAL_ID", "x"),
        ("EVENT_POLL_MS", "0"),
        ("ENTRA_AUTHORITY_HOST", "http://localhost:7072"),
        ("GRAPH_ENDPOINT", "http://localhost:7072"),
    ]);
    let named = [
        "ENTRA_AUTHORITY_HOST",
        "GRAPH_ENDPOINT",
        "DATA_DIR",
        "COSMOS_ENDPOINT",
        "COSMOS_DATABASE",
        "KEY_VAULT_KEY_ID",
        "GATEWAY_PRINCIPAL_ID",
        "EVENT_POLL_MS",
    ];
    assert_eq!(faulty(&all), named);
}

#[test]
fn a_faulty_address_elsewhere_is_production_too() {
    for address in ["http://mcp.example.com", "https://mcp.example.com/path"] {
        let named = ["PUBLIC_BASE_URL", "DATA_DIR", "COSMOS_ENDPOINT", "KEY_VAULT_KEY_ID", "GATEWAY_PRINCIPAL_ID"];
        assert_eq!(faulty(&[("PUBLIC_BASE_URL", address)]), named, "{address}");
    }
}

#[test]
fn exactly_one_store_is_used() {
    assert_eq!(faulty(&[("DATA_DIR", "")]), ["COSMOS_ENDPOINT"]);
    let both = [("COSMOS_ENDPOINT", "http://127.0.0.1:7073"), ("KEY_VAULT_KEY_ID", "https://v.vault.azure.net/keys/n")];
    assert_eq!(faulty(&both), ["DATA_DIR"]);
    assert_eq!(faulty(&[("DATA_DIR", ""), both[0]]), ["KEY_VAULT_KEY_ID"]);
}

#[test]
fn a_vault_is_one_of_its_cloud() {
    for key in ["https://v.evil.example/keys/n", "https://v.vault.azure.cn/keys/n"] {
        assert_eq!(faulty(&production(&[("KEY_VAULT_KEY_ID", key)])), ["KEY_VAULT_KEY_ID"], "{key}");
    }
    load(&production(&[("AZURE_CLOUD", "china"), ("KEY_VAULT_KEY_ID", "https://v.vault.azure.cn/keys/n")])).unwrap();
}

#[test]
fn a_malformed_endpoint_or_key_is_a_fault() {
    for endpoint in
        ["http://account.documents.azure.com", "account", "https://account.documents.azure.com/dbs", "ftp://localhost"]
    {
        assert_eq!(faulty(&production(&[("COSMOS_ENDPOINT", endpoint)])), ["COSMOS_ENDPOINT"], "{endpoint}");
    }
    let keys = [
        "https://v.vault.azure.net/keys/",
        "https://v.vault.azure.net/keys/n/version",
        "https://v.vault.azure.net/secrets/n",
    ];
    for key in keys.into_iter().chain(["http://v.vault.azure.net/keys/n", "https://v.vault.azure.net/keys/n?x=y", "n"])
    {
        assert_eq!(faulty(&production(&[("KEY_VAULT_KEY_ID", key)])), ["KEY_VAULT_KEY_ID"], "{key}");
    }
}

#[test]
fn a_cloud_brings_its_own_hosts() {
    let settings = load(&[("AZURE_CLOUD", "usgov")]).unwrap();
    assert_eq!(settings.cloud, Cloud::UsGov);
    assert_eq!(settings.authority, "https://login.microsoftonline.us");
    assert_eq!(settings.cloud.federation_audience(), "api://AzureADTokenExchangeUSGov");
}
