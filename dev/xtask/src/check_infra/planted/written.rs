//! Errors planted in files that are judged as they are written.

use super::Planted;
use super::changes::Change::Text;

const CONTRACT: &str = "infra/contract.json";

const DEFAULTS: &str = "infra/test/defaults.snapshot.json";

const PARAMETERS: &str = "infra/main.parameters.json";

/// The set is of no meaning here.
const ANY: &str = "";

pub(super) const PLANTED: &[Planted] = &[
    ("parameters-file", ANY, Text(PARAMETERS, "\"location\"", "\"region\"")),
    ("parameters-file", ANY, Text(PARAMETERS, "    \"logLevel\": { \"value\": \"${MCP_LOG_LEVEL}\" },\n", "")),
    ("parameters-have-their-variables", ANY, Text(PARAMETERS, "${MCP_LOG_LEVEL}", "${LOG_LEVEL}")),
    ("parameters-have-their-variables", ANY, Text(PARAMETERS, "${MCP_ALLOWED_ORIGINS}", "${PRIVATE_USE_SCHEMES}")),
    ("parameters-have-their-variables", ANY, Text(PARAMETERS, "${MCP_SERVER_NAME}", "Mini MCP Server")),
    ("parameters-documented", ANY, Text("docs/deploy.md", "| `EVENT_POLL_MS` |", "| `EVENT_POLL` |")),
    ("parameters-documented", ANY, Text("docs/deploy.md", "| `APIM_SKU` |", "| `APIM_SKU`, `APIM_UNITS` |")),
    ("parameters-set-everything", ANY, Text("infra/test/everything.bicepparam", "param logLevel = 'debug'\n", "")),
    ("settings-read-are-set", ANY, Text(CONTRACT, "\"settings\": [", "\"settings\": [\"NEW_SETTING\",")),
    ("settings-set-are-read", ANY, Text(CONTRACT, "\"MCP_SERVER_NAME\",", "")),
    ("routes-of-function-folders", ANY, Text("token/function.json", "\"token\"", "\"tokens\"")),
    (
        "function-takes-all-methods",
        ANY,
        Text("token/function.json", "\"anonymous\"", "\"anonymous\", \"methods\": [\"post\"]"),
    ),
    ("function-takes-all-methods", ANY, Text("mcp/function.json", "\"anonymous\"", "\"function\"")),
    ("routes-methods-reach-the-handler", ANY, Text(CONTRACT, "\"POST\"", "\"PUT\"")),
    ("policies-well-formed", ANY, Text("infra/policies/api.xml", "<base />", "<base>")),
    ("policies-elements-allowed", ANY, Text("infra/policies/api.xml", "<rate-limit-by-key", "<rate-limit-by-keys")),
    ("policies-elements-allowed", ANY, Text("infra/policies/api.xml", "<outbound>", "<outbound><forward-request />")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "    dist: target/package\n", "")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "language: python", "language: custom")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "language: python", "language: js")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "    remoteBuild: false\n", "")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "remoteBuild: false", "remoteBuild: true")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "prepackage:", "postpackage:")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "run: cargo xtask package", "run: cargo xtask help")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "run: cargo xtask package", "run: echo cargo xtask package")),
    ("azd-packages-the-handler", ANY, Text("azure.yaml", "            exit 1\n", "")),
    ("azd-says-the-endpoints", ANY, Text("azure.yaml", "\n  postdeploy:", "\n  postprovision:")),
    ("azd-says-the-endpoints", ANY, Text("azure.yaml", "\"$MCP_SSE_ENDPOINT\"", "\"$MCP_ENDPOINT\"")),
    ("azd-says-the-endpoints", ANY, Text("azure.yaml", "HTTP   $env:MCP_ENDPOINT", "HTTP   $env:MCP_SSE_ENDPOINT")),
    ("azd-checks-first", ANY, Text("azure.yaml", "\n  preup:", "\n  prepackage:")),
    (
        "azd-checks-first",
        ANY,
        Text("azure.yaml", "run: cargo xtask preflight\n", "run: cargo xtask preflight values\n"),
    ),
    ("azd-checks-first", ANY, Text("azure.yaml", "preflight role", "help")),
    ("azd-finds-the-app", ANY, Text("azure.yaml", "\n  mcp:", "\n  web:")),
    ("azd-is-new-enough", ANY, Text("azure.yaml", ">= 1.23.5", ">= 1.23.4")),
    ("azd-is-new-enough", ANY, Text("azure.yaml", ">= 1.23.5", ">= 1.9.9")),
    ("azd-is-new-enough", ANY, Text("azure.yaml", ">= 1.23.5", ">= 0.24.6")),
    ("host-json", ANY, Text("host.json", "\"-1\"", "\"00:05:00\"")),
    ("host-json", ANY, Text("host.json", "\"enableDependencyTracking\": false,", "")),
    ("host-json", ANY, Text("host.json", "\"Function\": \"Warning\"", "\"Function\": \"Information\"")),
    ("host-json", ANY, Text("host.json", "\"Trace\"", "\"Request;Trace\"")),
    ("host-json", ANY, Text("host.json", "enableProxyingHttpRequest", "enableForwardingHttpRequest")),
    ("policies-limits-are-sane", ANY, Text(CONTRACT, "\"callsPerMinute\": 1200", "\"callsPerMinute\": 9")),
    ("policies-limits-are-sane", ANY, Text(CONTRACT, "\"callsPerMinute\": 30", "\"callsPerMinute\": 31")),
    ("cosmos-containers", ANY, Text(CONTRACT, "\"events\"", "\"messages\"")),
    ("roles-named", ANY, Text("infra/modules/key-vault.bicep", "keyVaultCryptoUser", "keyVaultReader")),
    (
        "secrets-no-list-functions",
        ANY,
        Text(
            "infra/modules/storage.bicep",
            "account.properties.primaryEndpoints.blob",
            "account.listKeys().keys[0].value",
        ),
    ),
    (
        "secrets-no-secure-values",
        ANY,
        Text("infra/modules/storage.bicep", "@description('Blob", "@secure()\n@description('Blob"),
    ),
    ("outputs-upper-snake", ANY, Text(DEFAULTS, "\"MCP_ENDPOINT\"", "\"mcpEndpoint\"")),
    ("outputs-name-the-endpoints", ANY, Text(DEFAULTS, "{0}/mcp/sse'", "{0}/sse'")),
    (
        "outputs-no-credentials",
        ANY,
        Text(
            DEFAULTS,
            "[reference('app').appId]\",\n    \"FUNCTION",
            "[reference('/x', '1').ConnectionString]\",\n    \"FUNCTION",
        ),
    ),
    ("described", ANY, Text("infra/main.bicep", "@description('HTTP+SSE.')\n", "")),
    ("schema-azure-yaml", ANY, Text("azure.yaml", "interactive: true", "interactive: often")),
    ("schema-host-json", ANY, Text("host.json", "\"version\": \"2.0\"", "\"version\": 2")),
    ("schema-function-json", ANY, Text("token/function.json", "\"direction\": \"in\"", "\"direction\": \"inward\"")),
];
