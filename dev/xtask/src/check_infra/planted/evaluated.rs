//! Errors planted among evaluated resources: the function app, its stores, its identity and its registration.

use super::Planted;
use super::changes::Change::{Add, Remove, Replace, Set};

const APP: &str = "Microsoft.Graph/applications";
const ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";
const CONTAINER: &str = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";
const COSMOS: &str = "Microsoft.DocumentDB/databaseAccounts";
const KEY: &str = "Microsoft.KeyVault/vaults/keys";
const SERVICE: &str = "Microsoft.ApiManagement/service";
const SITE: &str = "Microsoft.Web/sites";
const STORAGE: &str = "Microsoft.Storage/storageAccounts";
const VAULT: &str = "Microsoft.KeyVault/vaults";

const WORKSPACE: &str = "Microsoft.OperationalInsights/workspaces";
const CREDENTIAL: &str = "Microsoft.Graph/applications/federatedIdentityCredentials";
const PRINCIPAL: &str = "Microsoft.Graph/servicePrincipals";

const SETTINGS: &str = "/properties/siteConfig/appSettings/-";

const D: &str = "defaults";
const E: &str = "everything";
const V: &str = "vnet";

pub(super) const PLANTED: &[Planted] = &[
    ("settings-read-are-set", D, Replace(SITE, "\"EVENT_POLL_MS\"", "\"APPLICATIONINSIGHTS_CONNECTION_STRING\"")),
    ("settings-set-are-read", V, Set(SITE, SETTINGS, r#"{"name": "LOG_LEVELS", "value": "info"}"#)),
    ("settings-not-ours-to-set", D, Set(SITE, SETTINGS, r#"{"name": "FUNCTIONS_WORKER_RUNTIME", "value": "custom"}"#)),
    ("settings-not-ours-to-set", D, Set(SITE, SETTINGS, r#"{"name": "FUNCTIONS_EXTENSION_VERSION", "value": "~4"}"#)),
    ("settings-not-ours-to-set", E, Set(SITE, SETTINGS, r#"{"name": "DATA_DIR", "value": "/tmp"}"#)),
    ("settings-name-identities", D, Replace(SITE, "id-gateway", "id-workload")),
    ("settings-name-resources", D, Replace(SITE, ".appId]", ".id]")),
    ("settings-name-resources", D, Replace(SITE, ").gatewayUrl]", ").portalUrl]")),
    ("settings-name-resources", D, Replace(SITE, "'data-key-wrap'", "'data-key-wrap/1'")),
    ("settings-name-resources", D, Replace(SITE, "'AzureChinaCloud', 'china'", "'AzureChinaCloud', 'public'")),
    (
        "settings-name-resources",
        D,
        Replace(
            SITE,
            "\"AzureWebJobsStorage__accountName\",\"value\":\"st",
            "\"AzureWebJobsStorage__accountName\",\"value\":\"other",
        ),
    ),
    ("settings-of-the-host-are-keyless", D, Replace(SITE, "Authorization=AAD", "Authorization=Key")),
    ("settings-of-the-host-are-keyless", D, Replace(SITE, "Authorization=AAD", "Authorization=AADs")),
    ("settings-of-the-host-are-keyless", D, Replace(SITE, "managedidentity", "key")),
    ("app-runtime", D, Set(SITE, "/properties/functionAppConfig/runtime/name", "\"node\"")),
    ("app-plan", D, Set("Microsoft.Web/serverfarms", "/sku/name", "\"EP1\"")),
    ("app-memory", D, Replace(SITE, "\"instanceMemoryMB\":512", "\"instanceMemoryMB\":1024")),
    ("app-concurrency", D, Replace(SITE, "\"perInstanceConcurrency\":500", "\"perInstanceConcurrency\":16")),
    ("app-always-ready", D, Replace(SITE, "\"instanceCount\":1", "\"instanceCount\":0")),
    ("app-https-only", D, Set(SITE, "/properties/httpsOnly", "false")),
    ("app-tls-1.2", D, Set(SITE, "/properties/siteConfig/minTlsVersion", "\"1.0\"")),
    ("app-tls-1.2", D, Set(SITE, "/properties/siteConfig/scmMinTlsVersion", "null")),
    ("app-no-cors", D, Set(SITE, "/properties/siteConfig/cors", r#"{"allowedOrigins": ["*"]}"#)),
    ("app-no-remote-debugging", D, Set(SITE, "/properties/siteConfig/remoteDebuggingEnabled", "true")),
    ("workspace-keys-off", D, Set(WORKSPACE, "/properties/features/disableLocalAuth", "false")),
    ("workspace-daily-cap", D, Set(WORKSPACE, "/properties/workspaceCapping/dailyQuotaGb", "-1")),
    ("workspace-daily-cap", E, Set(WORKSPACE, "/properties/workspaceCapping", "null")),
    ("app-package-keyless", D, Replace(SITE, "UserAssignedIdentity", "StorageAccountConnectionString")),
    ("app-no-publishing-passwords", D, Remove("Microsoft.Web/sites/basicPublishingCredentialsPolicies")),
    ("app-no-config-elsewhere", D, Add(r#"{"type": "Microsoft.Web/sites/config", "name": "func/web"}"#)),
    ("app-no-config-elsewhere", D, Add(r#"{"type": "Microsoft.Web/sites/config", "name": "func/authsettingsV2"}"#)),
    ("storage-keys-off", D, Set(STORAGE, "/properties/allowSharedKeyAccess", "true")),
    ("storage-blobs-not-public", D, Set(STORAGE, "/properties/allowBlobPublicAccess", "true")),
    ("storage-https-only", D, Set(STORAGE, "/properties/supportsHttpsTrafficOnly", "false")),
    ("storage-tls-1.2", D, Set(STORAGE, "/properties/minimumTlsVersion", "\"TLS1_0\"")),
    ("cosmos-keys-off", E, Set(COSMOS, "/properties/disableLocalAuth", "false")),
    (
        "cosmos-strong-consistency",
        D,
        Set(COSMOS, "/properties/consistencyPolicy/defaultConsistencyLevel", "\"Session\""),
    ),
    ("cosmos-continuous-backups", D, Set(COSMOS, "/properties/backupPolicy/type", "\"Periodic\"")),
    ("cosmos-serverless", D, Set(COSMOS, "/properties/capabilities", "[]")),
    ("cosmos-one-region", D, Set(COSMOS, "/properties/locations/-", r#"{"locationName": "northeurope"}"#)),
    ("cosmos-containers", D, Remove(CONTAINER)),
    ("cosmos-containers", D, Replace(CONTAINER, "\"/instance\"", "\"/id\"")),
    ("cosmos-ttl-on", D, Set(CONTAINER, "/properties/resource/defaultTtl", "null")),
    ("vault-roles-not-policies", D, Set(VAULT, "/properties/enableRbacAuthorization", "false")),
    ("vault-purge-protection", D, Set(VAULT, "/properties/enablePurgeProtection", "null")),
    ("vault-key-wraps", D, Set(KEY, "/properties/keyOps/-", "\"decrypt\"")),
    ("vault-key-stays", D, Set(KEY, "/properties/attributes", r#"{"exportable": true}"#)),
    ("identities-are-apart", D, Replace(SERVICE, "id-gateway", "id-workload")),
    ("identities-are-user-assigned", D, Set(SERVICE, "/identity/type", "\"SystemAssigned, UserAssigned\"")),
    ("identities-are-two", D, Add(r#"{"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "name": "third"}"#)),
    (
        "role-on-storage",
        D,
        Replace(ASSIGNMENT, "providers/Microsoft.Storage/storageAccounts/", "providers/Microsoft.Resources/tags/"),
    ),
    ("role-on-key", D, Replace(ASSIGNMENT, "/keys/data-key-wrap'", "'")),
    ("role-on-telemetry", D, Set(ASSIGNMENT, "/properties/principalId", "\"another\"")),
    ("role-on-cosmos-database", D, Replace("Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments", "/dbs/mcp", "")),
    (
        "roles-nothing-more",
        D,
        Add(
            r#"{"type": "Microsoft.Authorization/roleAssignments", "properties": {"principalType": "ServicePrincipal", "roleDefinitionId": "/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}"#,
        ),
    ),
    ("roles-say-the-principal-type", D, Set(ASSIGNMENT, "/properties/principalType", "\"User\"")),
    ("entra-one-tenant", D, Set(APP, "/properties/signInAudience", "\"AzureADMultipleOrgs\"")),
    ("entra-token-version-2", D, Set(APP, "/properties/api/requestedAccessTokenVersion", "1")),
    ("entra-one-redirect-uri", D, Set(APP, "/properties/web/redirectUris/-", "\"https://example.com/oauth-callback\"")),
    ("entra-one-redirect-uri", D, Set(APP, "/properties/spa", r#"{"redirectUris": ["https://example.com"]}"#)),
    ("entra-one-scope", D, Replace(APP, "\"access_as_user\"", "\"everything\"")),
    ("entra-asks-for-user-read-only", D, Replace(APP, "\"Scope\"", "\"Role\"")),
    ("entra-no-identifier-uri", D, Set(APP, "/properties/identifierUris", r#"["api://second"]"#)),
    ("entra-no-password", D, Set(APP, "/properties/passwordCredentials", r#"[{"displayName": "x"}]"#)),
    ("entra-one-redirect-uri", D, Replace(APP, "{0}/oauth-callback'", "{0}/oauth-callback/more'")),
    ("entra-one-redirect-uri", D, Replace(APP, ").gatewayUrl", ").portalUrl")),
    ("entra-federated-credential", D, Replace(CREDENTIAL, "/v2.0", "")),
    ("entra-federated-credential", D, Replace(CREDENTIAL, "{1}/v2.0", "{1}/v2.0/")),
    (
        "entra-federated-credential",
        D,
        Replace(CREDENTIAL, "login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ),
    ("entra-federated-credential", D, Replace(CREDENTIAL, "id-workload", "id-gateway")),
    ("entra-federated-credential", D, Replace(CREDENTIAL, ").principalId", ").clientId")),
    ("entra-federated-credential", D, Replace(CREDENTIAL, "AzureADTokenExchange'", "AzureADTokenExchanges'")),
    ("entra-federated-credential", D, Replace(CREDENTIAL, "AzureADTokenExchangeUSGov'", "AzureADTokenExchange'")),
    ("entra-service-principal", D, Set(PRINCIPAL, "/properties/appRoleAssignmentRequired", "true")),
    ("entra-service-principal", D, Remove(PRINCIPAL)),
    (
        "entra-no-admin-consent-by-default",
        D,
        Add(r#"{"type": "Microsoft.Graph/oauth2PermissionGrants@v1.0", "properties": {}}"#),
    ),
    (
        "entra-no-admin-consent-by-default",
        E,
        Replace("Microsoft.Graph/oauth2PermissionGrants", "User.Read", "User.Read.All"),
    ),
    ("secrets-none-in-resources", D, Set("Microsoft.ApiManagement/service/namedValues", "/properties/secret", "true")),
    ("secrets-none-in-resources", D, Add(r#"{"type": "Microsoft.KeyVault/vaults/secrets", "name": "kv/s"}"#)),
    ("secrets-no-scripts", D, Add(r#"{"type": "Microsoft.Resources/deploymentScripts", "name": "script"}"#)),
    ("resource-group-found-by-azd", D, Set("Microsoft.Resources/resourceGroups", "/tags", "{}")),
];
