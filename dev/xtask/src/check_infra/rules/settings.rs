//! The app settings are what the code reads, and say what they should.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::bicep::TENANT;
use super::super::contract::Contract;
use super::super::deployment::Deployment;
use super::super::project::Project;
use super::{APP_ID, Judged, Rule, Rules, by_cloud, identities, is};

pub(super) const RULES: Rules = &[
    ("settings-read-are-set", Rule::Project(read_are_set)),
    ("settings-set-are-read", Rule::Project(set_are_read)),
    ("settings-not-ours-to-set", Rule::Deployment(not_ours)),
    ("settings-name-identities", Rule::Deployment(name_identities)),
    ("settings-name-resources", Rule::Deployment(name_resources)),
    ("settings-of-the-host-are-keyless", Rule::Deployment(keyless)),
];

/// The Functions host and App Service give these to the handler.
const PLATFORM: [&str; 3] = ["FUNCTIONS_CUSTOMHANDLER_PORT", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"];
/// For the local tenant only; the handler refuses them, or what they mean, in production.
const LOCAL: [&str; 3] = ["DATA_DIR", "ENTRA_AUTHORITY_HOST", "GRAPH_ENDPOINT"];
/// Flex Consumption has `functionAppConfig.runtime` instead, and refuses these.
const FLEX_REFUSES: [&str; 4] =
    ["FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION", "WEBSITE_RUN_FROM_PACKAGE", "AzureWebJobsStorage"];
/// Values of `AZURE_CLOUD`, by cloud.
const CLOUDS: [&str; 3] = ["public", "usgov", "china"];
const STORAGE: &str = "Microsoft.Storage/storageAccounts";
/// Settings that the Functions host and the Cosmos DB driver read.
const READ_BY_OTHERS: [&str; 7] = [
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__credential",
    "COSMOS_DISABLE_IMDS",
];

/// The app settings by name, from the site itself or from its child `appsettings`.
pub(super) fn app_settings(deployment: &Deployment) -> Result<BTreeMap<String, String>, String> {
    let site = deployment.only("Microsoft.Web/sites")?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let listed = site
        .items("/properties/siteConfig/appSettings")
        .iter()
        .filter_map(|setting| Some((setting.pointer("/name")?.as_str()?.to_owned(), text(setting.pointer("/value")?))));
    let children = deployment.all("Microsoft.Web/sites/config").filter(|child| child.name.ends_with("appsettings"));
    let of_children = children.filter_map(|child| child.at("/properties").as_object()).flatten();
    let settings: BTreeMap<_, _> = listed.chain(of_children.map(|(name, value)| (name.clone(), text(value)))).collect();
    if settings.is_empty() { Err("the site has no app settings that can be read".to_owned()) } else { Ok(settings) }
}

/// One app setting, or the fault that it is absent.
fn setting<'a>(settings: &'a BTreeMap<String, String>, name: &str) -> Result<&'a str, String> {
    settings.get(name).map(String::as_str).ok_or_else(|| format!("{name} is not set"))
}

fn read_are_set(project: &Project) -> Judged {
    let read = Contract::of(&project.files)?.settings;
    let given: BTreeSet<&str> = PLATFORM.into_iter().chain(LOCAL).collect();
    let mut faults = vec![];
    for deployment in &project.deployments {
        let set = app_settings(deployment)?;
        let absent = read.iter().filter(|name| !given.contains(name.as_str()) && !set.contains_key(*name));
        faults.extend(absent.map(|name| format!("{}: {name} is read by the handler and not set", deployment.set)));
    }
    let stale = given.iter().filter(|name| !read.contains(**name));
    faults.extend(stale.map(|name| format!("{name} is listed here and no longer read by the handler")));
    Ok(faults)
}

fn set_are_read(project: &Project) -> Judged {
    let read = Contract::of(&project.files)?.settings;
    let mut faults = vec![];
    for deployment in &project.deployments {
        let set = app_settings(deployment)?;
        // What must not be set at all is another rule's.
        let known = |name: &str| [&PLATFORM[..], &FLEX_REFUSES[..], &READ_BY_OTHERS[..]].concat().contains(&name);
        let unread = set.keys().filter(|name| !known(name) && !read.contains(*name));
        faults.extend(unread.map(|name| format!("{}: {name} is set and nothing reads it", deployment.set)));
    }
    Ok(faults)
}

fn not_ours(deployment: &Deployment) -> Judged {
    let set = app_settings(deployment)?;
    let refused = PLATFORM.iter().chain(&LOCAL).chain(&FLEX_REFUSES);
    Ok(refused.filter(|name| set.contains_key(**name)).map(|name| format!("{name} must not be set")).collect())
}

fn name_identities(deployment: &Deployment) -> Judged {
    let settings = app_settings(deployment)?;
    let (workload, gateway) = (identities::workload(deployment)?, identities::gateway(deployment)?);
    let expected = [
        ("AZURE_CLIENT_ID", &workload, "clientId"),
        ("AzureWebJobsStorage__clientId", &workload, "clientId"),
        ("GATEWAY_PRINCIPAL_ID", &gateway, "principalId"),
    ];
    let mut faults = vec![];
    for (name, identity, property) in expected {
        let expected = identities::reference(deployment, identity, property)?;
        faults.extend(is(name, setting(&settings, name)?, &expected));
    }
    Ok(faults)
}

/// What the settings name is what is deployed.
fn name_resources(deployment: &Deployment) -> Judged {
    let settings = app_settings(deployment)?;
    let read = |kind: &str, property: &str| Ok::<_, String>(deployment.only(kind)?.reference(property));
    let named = |kind: &str| deployment.only(kind).map(|resource| last(&resource.name));
    let insights = read("Microsoft.Insights/components", "ConnectionString")?;
    let vault = read("Microsoft.KeyVault/vaults", "vaultUri")?;
    // Without a version: the key rotates.
    let key = format!("[format('{{0}}keys/{{1}}', {vault}, '{}')]", named("Microsoft.KeyVault/vaults/keys")?);
    let expected = [
        ("PUBLIC_BASE_URL", format!("[{}]", read("Microsoft.ApiManagement/service", "gatewayUrl")?)),
        ("ENTRA_CLIENT_ID", APP_ID.to_owned()),
        ("ENTRA_TENANT_ID", TENANT.to_owned()),
        ("AZURE_CLOUD", format!("[{}]", by_cloud(CLOUDS))),
        ("COSMOS_ENDPOINT", format!("[{}]", read("Microsoft.DocumentDB/databaseAccounts", "documentEndpoint")?)),
        ("COSMOS_DATABASE", named("Microsoft.DocumentDB/databaseAccounts/sqlDatabases")?.to_owned()),
        ("KEY_VAULT_KEY_ID", key),
        ("AzureWebJobsStorage__accountName", named(STORAGE)?.to_owned()),
        ("AzureWebJobsStorage__blobServiceUri", format!("[{}]", read(STORAGE, "primaryEndpoints.blob")?)),
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", format!("[{insights}]")),
    ];
    let mut faults = vec![];
    for (name, value) in expected {
        faults.extend(is(name, setting(&settings, name)?, &value));
    }
    Ok(faults)
}

/// The last segment of a name such as `account/database`.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn keyless(deployment: &Deployment) -> Judged {
    let settings = app_settings(deployment)?;
    let workload = identities::reference(deployment, &identities::workload(deployment)?, "clientId")?;
    let token = format!("[format('ClientId={{0}};Authorization=AAD', {})]", workload.trim_matches(['[', ']']));
    let expected = [
        ("AzureWebJobsStorage__credential", "managedidentity"),
        ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", &token),
        // Otherwise the driver asks an address that Flex Consumption does not have, and waits.
        ("COSMOS_DISABLE_IMDS", "1"),
    ];
    let mut faults = vec![];
    for (name, value) in expected {
        faults.extend(is(name, setting(&settings, name)?, value));
    }
    Ok(faults)
}
