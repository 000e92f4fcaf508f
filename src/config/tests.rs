//! Settings as an operator writes them.

use std::time::Duration;

use authorization_server::state::roles::ADMIN;

use super::{ChosenTool, Cloud, Environment, Fault, Faults, Settings, StoreSettings};

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

/// Some of the tools.
const TOOLS: [&str; 2] = ["get_graph_user_details", "search_mail"];

pub(super) fn load(changes: &[(&'static str, &'static str)]) -> Result<Settings, Faults> {
    load_with(&TOOLS, changes)
}

pub(super) fn load_with(tools: &[&str], changes: &[(&'static str, &'static str)]) -> Result<Settings, Faults> {
    let mut variables = good();
    variables.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    variables.extend_from_slice(changes);
    let environment = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Settings::load(&environment.collect::<Environment>(), tools)
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
    let Err(faults) = Settings::load(&Environment::default(), &TOOLS) else { panic!("nothing was accepted") };
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
        ("GRAPH_ENDPOINT", "http://localhost:7072/graph"),
        ("AZURE_CLOUD", "moon"),
        ("LOG_LEVEL", "loud"),
        ("PRIVATE_USE_SCHEMES", "javascript"),
        ("CLIENT_METADATA_HOSTS", "https://claude.ai"),
        ("PREAUTHORIZED_CLIENT_IDS", "vscode"),
        ("PREAUTHORIZED_CLIENT_IDS", "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5:secret"),
        ("ALLOWED_ORIGINS", "https://app.example.com/path"),
        ("GATEWAY_PRINCIPAL_ID", "the gateway"),
        ("EVENT_POLL_MS", "5"),
        ("EVENT_POLL_MS", "soon"),
        ("MCP_LIMITS", "streams"),
        ("DEFAULT_SCOPES", "user.read mail.send"),
        ("DEFAULT_SCOPES", ","),
        ("TOOLS", "search_mail;rm"),
        ("TOOLS", ","),
        ("TOOLS", "send_mail"),
        ("TOOLS", "search_mail, Search_Mail"),
        ("TOOLS", "search_mail=admin"),
        ("TOOLS", "search_mail="),
        ("TOOLS", "=Admin"),
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

#[test]
fn every_default_is_the_one_of_the_table() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.event_poll, Duration::from_millis(100));
    assert_eq!(
        (settings.cloud, settings.allowed_origins, settings.gateway_principal_id),
        (Cloud::Public, vec![], None)
    );
    assert_eq!(settings.store, StoreSettings::Embedded("/tmp/x".into()));
    assert_eq!(settings.port, 40_000);
    assert_eq!((settings.default_scope.to_string().as_str(), settings.tools), ("user.read", None));
}

#[test]
fn every_optional_setting_is_read() {
    let settings = load(&[
        ("MCP_SERVER_NAME", "Contoso"),
        ("ALLOWED_ORIGINS", "https://a.example, http://localhost:1"),
        ("DEFAULT_SCOPES", "user.read, mail.read"),
        ("TOOLS", "get_graph_user_details,search_mail=Admin"),
        ("LOG_LEVEL", "trace"),
        ("EVENT_POLL_MS", "250"),
        ("GATEWAY_PRINCIPAL_ID", GUID),
        ("ENTRA_AUTHORITY_HOST", "http://localhost:7072/"),
        ("GRAPH_ENDPOINT", "http://127.0.0.1:7072"),
        ("AZURE_CLOUD", "china"),
    ])
    .unwrap();
    assert_eq!((settings.server_name.as_str(), settings.log_level), ("Contoso", tracing::Level::TRACE));
    assert_eq!(settings.default_scope.to_string(), "user.read mail.read");
    let tool = |name: &str, role| ChosenTool { name: name.to_owned(), role };
    let chosen = [tool("get_graph_user_details", None), tool("search_mail", Some(&ADMIN))];
    assert_eq!(settings.tools.as_deref().unwrap(), chosen);
    assert_eq!(settings.allowed_origins, ["https://a.example", "http://localhost:1"]);
    assert_eq!((settings.event_poll, settings.cloud), (Duration::from_millis(250), Cloud::China));
    assert_eq!(settings.gateway_principal_id.as_deref(), Some(GUID));
    assert_eq!(
        (settings.authority.as_str(), settings.graph.as_str()),
        ("http://localhost:7072", "http://127.0.0.1:7072")
    );
}

#[test]
fn ids_are_compared_in_lower_case() {
    const UPPER: &str = "AABBCCDD-0011-2233-4455-66778899EEFF";
    let settings = load(&[
        ("ENTRA_TENANT_ID", UPPER),
        ("ENTRA_CLIENT_ID", UPPER),
        ("AZURE_CLIENT_ID", UPPER),
        ("GATEWAY_PRINCIPAL_ID", UPPER),
    ])
    .unwrap();
    let lower = UPPER.to_ascii_lowercase();
    let ids = [&settings.tenant_id, &settings.client_id, &settings.workload_client_id];
    assert!(ids.into_iter().chain(&settings.gateway_principal_id).all(|id| *id == lower));
}

#[test]
fn every_host_may_publish_clients_unless_the_operator_says_which() {
    let allows = |value, host: &str| load(&[("CLIENT_METADATA_HOSTS", value)]).unwrap().document_hosts.allow(host);
    assert!(allows("", "client.example"));
    assert!(allows("claude.ai, vscode.dev", "vscode.dev") && !allows("claude.ai, vscode.dev", "client.example"));
    assert!(!allows("!*", "claude.ai"));
}

#[test]
fn tokens_of_entra_are_accepted_from_the_applications_that_the_operator_names_and_never_from_our_own() {
    let listed = "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5";
    assert!(load(&[]).unwrap().preauthorized_clients.is_empty());
    let settings = load(&[("PREAUTHORIZED_CLIENT_IDS", listed)]).unwrap();
    let names = settings.preauthorized_clients.applications().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names, [listed]);
    for own in [GUID, "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5,11111111-2222-3333-4444-555555555555:public"] {
        let faults = load(&[("PREAUTHORIZED_CLIENT_IDS", own)]).unwrap_err().to_string();
        assert!(faults.contains("this server's own application"), "{faults}");
    }
}

#[test]
fn private_use_schemes_are_added_to_the_known_ones() {
    let allows = |settings: &Settings, uri: &str| {
        oauth_protocol::redirect_uri::RedirectUri::parse(uri, &settings.schemes, &settings.base).is_ok()
    };
    let known = load(&[]).unwrap();
    assert!(allows(&known, "cursor://anysphere.cursor-retrieval/callback") && !allows(&known, "my-app://callback"));
    let own = load(&[("PRIVATE_USE_SCHEMES", "my-app")]).unwrap();
    assert!(allows(&own, "cursor://anysphere.cursor-retrieval/callback") && allows(&own, "my-app://callback"));
}

#[test]
fn a_stand_in_for_microsoft_is_refused_in_production_even_on_loopback() {
    for name in ["ENTRA_AUTHORITY_HOST", "GRAPH_ENDPOINT"] {
        let [fault] = faults(&production(&[(name, "http://localhost:7072")])).try_into().unwrap();
        assert_eq!(fault.setting, name);
        assert!(fault.problem.contains("cannot be used with a public PUBLIC_BASE_URL"), "{}", fault.problem);
    }
}

#[test]
fn a_fault_says_why_a_folder_cannot_be_the_store() {
    let why = |changes: &[(&'static str, &'static str)]| {
        let of_folder = faults(changes).into_iter().find(|fault| fault.setting == "DATA_DIR");
        of_folder.unwrap().problem
    };
    assert!(why(&production(&[("DATA_DIR", "/tmp/x")])).contains("for one local process"));
    let both = [("COSMOS_ENDPOINT", "http://127.0.0.1:7073"), ("KEY_VAULT_KEY_ID", "https://v.vault.azure.net/keys/n")];
    assert!(why(&both).contains("and so is COSMOS_ENDPOINT"));
}

#[test]
fn without_the_identity_endpoint_nobody_could_sign_in() {
    for name in ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"] {
        let [fault] = faults(&[(name, "")]).try_into().unwrap();
        assert_eq!((fault.setting, fault.problem.as_str()), (name, "is not set"));
    }
}
