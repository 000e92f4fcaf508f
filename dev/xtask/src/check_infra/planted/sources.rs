//! Errors planted in the Bicep files and policies themselves: through the compiler, each reaches its check. Compiling takes
//! seconds, so a batch of errors is compiled at once, and the checks that fail must be theirs and no other.

use super::super::bicep::Copy;
use super::super::project::Project;
use super::super::report::Report;
use super::super::tools::Tools;
use super::super::{compile, golden};
use super::changes::Change::Text;
use super::{Planted, checkout, say};

/// Compiles a copy with these errors. None, and said so, where there is no CLI.
fn report(planted: &[Planted], sets: &[&str]) -> Option<Report> {
    let tools = Tools::of_environment();
    let mut files = checkout();
    for (.., change) in planted {
        change.plant(&mut files, "");
    }
    let Some(copy) = Copy::of(&files, &tools).unwrap() else {
        say("there is no Bicep CLI: errors planted in infra/ are skipped");
        return None;
    };
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let mut report = Report::default();
    let compiled = compile(&copy, &sets, &mut report);
    for (set, snapshot) in &compiled.snapshots {
        report.judge(format!("snapshot-{set}"), golden::compare(&files, set, snapshot));
        files.insert(golden::path(set), snapshot.as_str());
    }
    Project::of(files, compiled.template, None).judge(&mut report);
    Some(report)
}

/// The checks that must fail, in the order of their names.
fn expect(planted: &[Planted], sets: &[&str], and: &[&str]) {
    let Some(report) = report(planted, sets) else { return };
    let mut expected: Vec<&str> = planted.iter().map(|(name, ..)| *name).chain(and.iter().copied()).collect();
    let mut failed = report.failed();
    expected.sort_unstable();
    expected.dedup();
    failed.sort_unstable();
    assert_eq!(failed, expected, "{report}");
}

const APIM_API: &str = "infra/modules/apim-api.bicep";
const CLOUDS: &str = "infra/modules/clouds.bicep";
const API_XML: &str = "infra/policies/api.xml";
const COSTLY_XML: &str = "infra/policies/costly-endpoint.xml";
const COSMOS: &str = "infra/modules/cosmos.bicep";
const DIAGNOSTICS: &str = "infra/modules/apim-diagnostics.bicep";
const ENTRA: &str = "infra/modules/entra-app.bicep";
const FUNCTION_APP: &str = "infra/modules/function-app.bicep";
const KEY_VAULT: &str = "infra/modules/key-vault.bicep";
const MAIN: &str = "infra/main.bicep";
const MONITORING: &str = "infra/modules/monitoring.bicep";
const STORAGE: &str = "infra/modules/storage.bicep";

const IN_DEFAULTS: &[Planted] = &[
    ("cosmos-keys-off", "", Text(COSMOS, "disableLocalAuth: true", "disableLocalAuth: false")),
    ("cosmos-strong-consistency", "", Text(COSMOS, "'Strong'", "'Session'")),
    ("cosmos-ttl-on", "", Text(COSMOS, "defaultTtl: -1", "defaultTtl: 3600")),
    ("cosmos-containers", "", Text(COSMOS, "[container.partitionKey]", "['/id']")),
    ("role-on-cosmos-database", "", Text(COSMOS, "/dbs/${database.name}'", "/dbs/'")),
    ("storage-keys-off", "", Text(STORAGE, "allowSharedKeyAccess: false", "allowSharedKeyAccess: true")),
    ("role-on-key", "", Text(KEY_VAULT, "scope: vault::wrappingKey", "scope: vault")),
    ("vault-purge-protection", "", Text(KEY_VAULT, "enablePurgeProtection: true", "")),
    ("app-concurrency", "", Text(FUNCTION_APP, "requestsPerInstance = 500", "requestsPerInstance = 16")),
    ("app-runtime", "", Text(FUNCTION_APP, "version: '1.0'", "version: '2.0'")),
    ("settings-set-are-read", "", Text(FUNCTION_APP, "name: 'MCP_SERVER_NAME'", "name: 'MCP_SERVER_NAMES'")),
    ("settings-read-are-set", "", Text(FUNCTION_APP, "name: 'LOG_LEVEL'", "name: 'FUNCTIONS_WORKER_RUNTIME'")),
    (
        "settings-not-ours-to-set",
        "",
        Text(FUNCTION_APP, "name: 'EVENT_POLL_MS'", "name: 'FUNCTIONS_EXTENSION_VERSION'"),
    ),
    ("routes-of-gateway", "", Text(APIM_API, "'HEAD', ", "")),
    ("policies-stream", "", Text(API_XML, "buffer-response=\"false\"", "buffer-response=\"true\"")),
    ("policies-tell-the-address", "", Text(API_XML, "X-Gateway-Client-Address", "X-Client-IP")),
    ("diagnostics-no-payload", "", Text(DIAGNOSTICS, "body: { bytes: 0 }", "body: { bytes: 1024 }")),
    ("diagnostics-mask-the-query", "", Text(DIAGNOSTICS, "'state', ", "")),
    ("entra-one-redirect-uri", "", Text(ENTRA, "/oauth-callback'", "/oauth-callback', 'https://example.com'")),
    ("entra-one-tenant", "", Text(ENTRA, "AzureADMyOrg", "AzureADMultipleOrgs")),
    ("entra-federated-credential", "", Text(ENTRA, "/v2.0'", "'")),
    (
        "entra-no-admin-consent-by-default",
        "",
        Text(MAIN, "grantAdminConsent bool = false", "grantAdminConsent bool = true"),
    ),
    (
        "identities-are-apart",
        "",
        Text(MAIN, "gateway: identities.outputs.gateway\n", "gateway: identities.outputs.workload\n"),
    ),
    ("diagnostics-no-address", "", Text(DIAGNOSTICS, "logClientIp: false", "logClientIp: true")),
    ("settings-name-resources", "", Text(CLOUDS, "AzureCloud: 'public'", "AzureCloud: 'global'")),
    ("policies-forward-as-it-is", "", Text(API_XML, "follow-redirects=\"false\"", "follow-redirects=\"true\"")),
    ("policies-limits-are-sane", "", Text(COSTLY_XML, "renewal-period=\"60\"", "renewal-period=\"301\"")),
    ("app-tls-1.2", "", Text(FUNCTION_APP, "minTlsVersion: '1.2'", "minTlsVersion: '1.1'")),
    (
        "workspace-keys-off",
        "",
        Text(MONITORING, "features: { disableLocalAuth: true }", "features: { disableLocalAuth: false }"),
    ),
    ("gateway-deployed-in-order", "", Text(APIM_API, "    dependsOn: [api::policy]\n", "")),
    ("gateway-deployed-in-order", "", Text(APIM_API, "    dependsOn: [routes]\n", "")),
    ("workspace-daily-cap", "", Text(MAIN, "logDailyCapGB int = 2", "logDailyCapGB int = 0")),
    (
        "entra-no-identifier-uri",
        "",
        Text(ENTRA, "  signInAudience:", "  identifierUris: ['api://x']\n  signInAudience:"),
    ),
    ("cosmos-deployed-in-order", "", Text(COSMOS, "    dependsOn: [database::all]\n", "")),
    ("outputs-upper-snake", "", Text(MAIN, "output MCP_ENDPOINT", "output mcpEndpoint")),
];

const IN_VNET: &[Planted] = &[
    ("gateway-tier", "", Text(MAIN, "vnetEnabled ? 'StandardV2' : apimSku", "apimSku")),
    ("network-public-access-off", "", Text(STORAGE, "privateLink == null ? 'Enabled' : 'Disabled'", "'Enabled'")),
    ("network-firewalls-deny", "", Text(KEY_VAULT, "'Allow' : 'Deny'", "'Allow' : 'Allow'")),
    (
        "network-site-refuses-others",
        "",
        Text(
            FUNCTION_APP,
            "\n      ipSecurityRestrictionsDefaultAction: privateLink == null ? 'Allow' : 'Deny'",
            "\n      ipSecurityRestrictionsDefaultAction: 'Allow'",
        ),
    ),
    ("network-names-resolve", "", Text(MAIN, "network!.outputs.sitesZoneId", "network!.outputs.vaultZoneId")),
    (
        "network-subnet-for-gateway",
        "",
        Text(MAIN, "network!.outputs.gatewaySubnetId", "network!.outputs.endpointsSubnetId"),
    ),
    ("network-private-endpoints", "", Text(COSMOS, "groupId: 'Sql'", "groupId: 'blob'")),
    (
        "network-subnet-for-functions",
        "",
        Text("infra/modules/network.bicep", "Microsoft.App/environments", "Microsoft.Sql/servers"),
    ),
    (
        "network-subnet-for-functions",
        "",
        Text("infra/modules/network.bicep", "          serviceEndpoints: [{ service: 'Microsoft.Web' }]\n", ""),
    ),
];

#[test]
fn errors_in_bicep_are_found_where_nothing_is_set() {
    expect(IN_DEFAULTS, &["defaults"], &["snapshot-defaults"]);
}

#[test]
fn errors_in_bicep_are_found_with_a_network() {
    expect(IN_VNET, &["vnet"], &["snapshot-vnet"]);
}

#[test]
fn what_does_not_compile_is_found() {
    let planted = [("build", "", Text(STORAGE, "kind: 'StorageV2'", "kind: 'StorageV2'\n  surprise: true"))];
    expect(&planted, &["defaults"], &["lint", "snapshot-defaults"]);
}

#[test]
fn what_the_linter_warns_of_is_found() {
    let planted = [("lint", "", Text(STORAGE, "var packageContainer =", "var unused = 1\nvar packageContainer ="))];
    expect(&planted, &["defaults"], &["build", "snapshot-defaults"]);
}

#[test]
fn a_change_of_what_is_deployed_is_found() {
    let planted = [("snapshot-defaults", "", Text(STORAGE, "'Standard_LRS'", "'Standard_ZRS'"))];
    expect(&planted, &["defaults"], &[]);
}

/// Nothing is found in a copy without an error, the template included.
#[test]
fn nothing_is_found_in_bicep_where_nothing_is_planted() {
    expect(&[], &["defaults", "everything", "vnet"], &[]);
}
