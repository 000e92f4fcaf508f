//! `infra/contract.json`: what the handler expects of what surrounds it. Bicep, the function folders, the stand-in for the
//! gateway and `cargo xtask check-infra` read it.
#![cfg(test)]

use std::{fs, path::Path};

use authorization_server::state::{
    roles::APP_ROLES,
    scopes::{self, PERMISSIONS},
};
use remote_auth_mcp::{
    config::{Environment, LARGEST_LIMIT, LIMITS, SETTINGS},
    http::{CALLS_PER_MINUTE, endpoints},
    mcp::Tools,
    ports::records::Container,
};
use serde_json::{Value, json};

/// Set it, and the test writes the file instead of comparing it.
const RENEW: &str = "RENEW_CONTRACT_JSON";

fn contract() -> Value {
    let container = |container: Container| {
        let partition_key = format!("/{}", container.partition_key());
        json!({"name": container.name(), "partitionKey": partition_key})
    };
    json!({
        "callsPerMinute": CALLS_PER_MINUTE,
        "endpoints": endpoints().collect::<Vec<_>>(),
        "containers": Container::ALL.map(container),
        "scopes": PERMISSIONS.iter().map(|permission| permission.name).collect::<Vec<_>>(),
        "apis": apis(),
        "delegatedPermissions": delegated_permissions(),
        "roles": APP_ROLES.iter().map(|role| json!({"value": role.value, "description": role.description})).collect::<Vec<_>>(),
        "limits": { "largest": LARGEST_LIMIT, "names": LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>() },
        "tools": Tools::all().names().collect::<Vec<_>>(),
        "settings": SETTINGS.map(|setting| setting.name),
    })
}

/// The permissions of the scope table, by API in the order of the table: the app registration declares them.
fn apis() -> Vec<Value> {
    let mut apis = Vec::new();
    for permission in PERMISSIONS {
        if !apis.contains(&permission.api) {
            apis.push(permission.api);
        }
    }
    let permissions = |api| {
        let of_api = PERMISSIONS.iter().filter(move |permission| permission.api == api);
        of_api.map(|permission| json!({"name": permission.downstream, "id": permission.id})).collect::<Vec<_>>()
    };
    apis.into_iter().map(|api| json!({"clientId": api.client_id(), "permissions": permissions(api)})).collect()
}

/// What clients that get their tokens from Entra ask for, besides `access_as_user`, which stands for the first scope.
fn delegated_permissions() -> Vec<Value> {
    let first = scopes::first();
    let others = PERMISSIONS.iter().filter(|permission| !first.contains(permission.name));
    others.map(|permission| json!({"name": permission.name, "sentence": permission.sentence})).collect()
}

#[test]
fn the_contract_is_what_the_handler_expects() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/contract.json");
    let expected = contract();
    if Environment::of_process().get(RENEW).is_some() {
        fs::write(&file, format!("{expected:#}\n")).unwrap();
    }
    let written: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap_or_default()).unwrap_or_default();
    assert_eq!(written, expected, "`{RENEW}=1 cargo test --test contract` renews {}", file.display());
}
