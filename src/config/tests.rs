//! Settings as an operator writes them.

use super::{Cloud, Environment, Faults, Settings};

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

fn faulty(changes: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    let Err(faults) = load(changes) else { panic!("the settings were accepted") };
    faults.0.iter().map(|fault| fault.setting).collect()
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
        "DATA_DIR",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
    ];
    assert_eq!(named, expected);
    assert_eq!(faults.to_string().lines().count(), expected.len());
}

#[test]
fn malformed_values_are_faults() {
    let malformed = [
        ("PUBLIC_BASE_URL", "http://mcp.example.com"),
        ("PUBLIC_BASE_URL", "https://mcp.example.com/path"),
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "70000"),
        ("ENTRA_TENANT_ID", "common"),
        ("ENTRA_CLIENT_ID", "11111111-2222-3333-4444-55555555555g"),
        ("ENTRA_AUTHORITY_HOST", "https://login.evil.example"),
        ("GRAPH_ENDPOINT", "http://192.168.1.1"),
        ("AZURE_CLOUD", "moon"),
        ("LOG_LEVEL", "loud"),
        ("PRIVATE_USE_SCHEMES", "javascript"),
        ("ALLOWED_ORIGINS", "https://app.example.com/path"),
    ];
    for (name, value) in malformed {
        assert_eq!(faulty(&[(name, value)]), [name], "{value}");
    }
}

#[test]
fn an_empty_value_counts_as_unset() {
    assert_eq!(faulty(&[("AZURE_CLIENT_ID", "  ")]), ["AZURE_CLIENT_ID"]);
}

#[test]
fn data_dir_is_never_for_production() {
    assert_eq!(faulty(&[("PUBLIC_BASE_URL", "https://mcp.example.com")]), ["DATA_DIR"]);
}

#[test]
fn a_cloud_brings_its_own_hosts() {
    let settings = load(&[("AZURE_CLOUD", "usgov")]).unwrap();
    assert_eq!(settings.cloud, Cloud::UsGov);
    assert_eq!(settings.authority, "https://login.microsoftonline.us");
    assert_eq!(settings.cloud.federation_audience(), "api://AzureADTokenExchangeUSGov");
}
