//! Errors planted among evaluated resources.

use super::Planted;
use super::changes::Change::{Add, Again, Remove, Replace, Set, TakeFrom};

const API: &str = "Microsoft.ApiManagement/service/apis";
const API_DIAGNOSTIC: &str = "Microsoft.ApiManagement/service/apis/diagnostics";
const API_POLICY: &str = "Microsoft.ApiManagement/service/apis/policies";
const APP: &str = "Microsoft.Graph/applications";
const ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";
const CONTAINER: &str = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";
const COSMOS: &str = "Microsoft.DocumentDB/databaseAccounts";
const DIAGNOSTIC: &str = "Microsoft.ApiManagement/service/diagnostics";
const KEY: &str = "Microsoft.KeyVault/vaults/keys";
const LOGGER: &str = "Microsoft.ApiManagement/service/loggers";
const OPERATION: &str = "Microsoft.ApiManagement/service/apis/operations";
const OPERATION_POLICY: &str = "Microsoft.ApiManagement/service/apis/operations/policies";
const SERVICE: &str = "Microsoft.ApiManagement/service";
const SITE: &str = "Microsoft.Web/sites";
const STORAGE: &str = "Microsoft.Storage/storageAccounts";
const VAULT: &str = "Microsoft.KeyVault/vaults";

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
    ("settings-of-the-host-are-keyless", D, Replace(SITE, "Authorization=AAD", "Authorization=Key")),
    ("settings-of-the-host-are-keyless", D, Replace(SITE, "managedidentity", "key")),
    ("routes-of-gateway", D, Remove(OPERATION)),
    ("routes-of-gateway", D, Replace(OPERATION, "\"/mcp/message\"", "\"/mcp/messages\"")),
    ("policies-stream", D, Replace(API_POLICY, r#"buffer-response=\"false\""#, "")),
    ("policies-inherit", D, Replace(OPERATION_POLICY, "<base />", "")),
    ("policies-leave-bodies-alone", D, Replace(API_POLICY, "</inbound>", "<set-body>x</set-body></inbound>")),
    (
        "policies-leave-bodies-alone",
        D,
        Replace(
            API_POLICY,
            "context.Request.IpAddress",
            "context.Request.Body.AsFormUrlEncodedContent() + context.Request.IpAddress",
        ),
    ),
    ("policies-leave-cors-to-the-handler", D, Replace(API_POLICY, "</inbound>", "<cors /></inbound>")),
    ("policies-present-the-gateway", D, Replace(API_POLICY, "X-Gateway-Authorization", "X-Gateway")),
    ("policies-present-the-gateway", D, Replace(API_POLICY, r#"ignore-error=\"false\""#, r#"ignore-error=\"true\""#)),
    (
        "policies-present-the-gateway",
        D,
        Replace("Microsoft.ApiManagement/service/namedValues", "id-gateway", "id-workload"),
    ),
    ("policies-tell-the-address", D, Replace(API_POLICY, "X-Client-IP", "X-Forwarded-For")),
    (
        "policies-tell-the-address",
        D,
        Replace(API_POLICY, r#"IP\" exists-action=\"override\""#, r#"IP\" exists-action=\"skip\""#),
    ),
    ("policies-limit-each-address", D, Replace(API_POLICY, "context.Request.IpAddress", "context.Api.Id")),
    ("policies-limit-costly-endpoints", D, Remove(OPERATION_POLICY)),
    ("policies-limit-costly-endpoints", D, Replace(OPERATION_POLICY, r#"calls=\""#, r#"calls=\"100"#)),
    ("gateway-tier", D, Set(SERVICE, "/sku/name", "\"Consumption\"")),
    ("gateway-tier", V, Set(SERVICE, "/sku/name", "\"BasicV2\"")),
    ("gateway-one-api", D, Again(API)),
    ("gateway-api-at-root", D, Set(API, "/properties/path", "\"mcp\"")),
    ("gateway-api-needs-no-subscription", D, Set(API, "/properties/subscriptionRequired", "true")),
    ("gateway-https-only", D, Set(API, "/properties/protocols", r#"["http", "https"]"#)),
    ("gateway-backend", D, Set(API, "/properties/serviceUrl", "\"https://example.com\"")),
    ("diagnostics-no-payload", D, Set(DIAGNOSTIC, "/properties/frontend/request/body/bytes", "8192")),
    ("diagnostics-no-payload", D, Set(API_DIAGNOSTIC, "/properties/backend/response/body", "null")),
    (
        "diagnostics-no-credentials",
        D,
        Set(API_DIAGNOSTIC, "/properties/backend/request/headers", r#"["X-Gateway-Authorization"]"#),
    ),
    ("diagnostics-mask-code-and-state", D, Replace(DIAGNOSTIC, r#"{"mode":"Mask","value":"state"},"#, "")),
    ("diagnostics-logger-keyless", D, Set(LOGGER, "/properties/credentials/identityClientId", "null")),
    ("diagnostics-logger-keyless", D, Set("Microsoft.Insights/components", "/properties/DisableLocalAuth", "false")),
    ("app-runtime", D, Set(SITE, "/properties/functionAppConfig/runtime/name", "\"node\"")),
    ("app-plan", D, Set("Microsoft.Web/serverfarms", "/sku/name", "\"EP1\"")),
    ("app-memory", D, Replace(SITE, "\"instanceMemoryMB\":512", "\"instanceMemoryMB\":1024")),
    ("app-concurrency", D, Replace(SITE, "\"perInstanceConcurrency\":500", "\"perInstanceConcurrency\":16")),
    ("app-always-ready", D, Replace(SITE, "\"instanceCount\":1", "\"instanceCount\":0")),
    ("app-https-only", D, Set(SITE, "/properties/httpsOnly", "false")),
    ("app-package-keyless", D, Replace(SITE, "UserAssignedIdentity", "StorageAccountConnectionString")),
    ("app-no-publishing-passwords", D, Remove("Microsoft.Web/sites/basicPublishingCredentialsPolicies")),
    ("app-no-app-service-auth", D, Add(r#"{"type": "Microsoft.Web/sites/config", "name": "func/authsettingsV2"}"#)),
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
    ("role-on-key", D, Replace(ASSIGNMENT, "/keys/data-key-wrap/providers", "/providers")),
    ("role-on-telemetry", D, Replace(ASSIGNMENT, "id-gateway", "id-workload")),
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
    ("entra-identifier-uri", D, Set(APP, "/properties/identifierUris/-", "\"api://second\"")),
    ("entra-no-password", D, Set(APP, "/properties/passwordCredentials", r#"[{"displayName": "x"}]"#)),
    (
        "entra-federated-credential",
        D,
        Replace("Microsoft.Graph/applications/federatedIdentityCredentials", "/v2.0", ""),
    ),
    (
        "entra-federated-credential",
        D,
        Replace("Microsoft.Graph/applications/federatedIdentityCredentials", "id-workload", "id-gateway"),
    ),
    ("entra-service-principal", D, Remove("Microsoft.Graph/servicePrincipals")),
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
    ("network-only-when-asked", V, TakeFrom("defaults")),
    ("network-private-endpoints", V, Replace("Microsoft.Network/privateEndpoints", "[\"blob\"]", "[\"file\"]")),
    ("network-public-access-off", E, Set(VAULT, "/properties/publicNetworkAccess", "\"Enabled\"")),
    ("network-names-resolve", V, Remove("Microsoft.Network/privateDnsZones/virtualNetworkLinks")),
    ("network-names-resolve", V, Remove("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")),
    (
        "network-subnet-for-functions",
        V,
        Replace("Microsoft.Network/virtualNetworks", "Microsoft.App/environments", "Microsoft.Sql/servers"),
    ),
    ("network-subnet-for-functions", V, Set(SITE, "/properties/virtualNetworkSubnetId", "null")),
    ("secrets-none-in-resources", D, Set("Microsoft.ApiManagement/service/namedValues", "/properties/secret", "true")),
    ("secrets-none-in-resources", D, Add(r#"{"type": "Microsoft.KeyVault/vaults/secrets", "name": "kv/s"}"#)),
    ("secrets-no-scripts", D, Add(r#"{"type": "Microsoft.Resources/deploymentScripts", "name": "script"}"#)),
    ("resource-group-found-by-azd", D, Set("Microsoft.Resources/resourceGroups", "/tags", "{}")),
];
