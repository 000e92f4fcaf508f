//! Every setting, once: what docs/settings.md says of it, and what counts if it is not set.

use super::setting::{Absent, Setting};

const NOBODY: &str = "nobody";
const TENANT: &str = "the local tenant";

pub(super) static PUBLIC_BASE_URL: Setting = Setting {
    name: "PUBLIC_BASE_URL",
    meaning: "Origin at which clients reach the server. It is the issuer (RFC 8414 §2). A host that is not loopback makes \
              the deployment a production one",
    absent: Absent::Refused,
    local: "`cargo local`: `http://127.0.0.1:7071`",
    azure: "Bicep: the URL of API Management",
    wrong: Some("https://mcp.example.com/mcp"),
};
pub(super) static FUNCTIONS_CUSTOMHANDLER_PORT: Setting = Setting {
    name: "FUNCTIONS_CUSTOMHANDLER_PORT",
    meaning: "Port on 127.0.0.1 at which the handler listens",
    absent: Absent::Refused,
    local: "the Functions host",
    azure: "the Functions host",
    wrong: Some("70000"),
};
pub(super) static ENTRA_TENANT_ID: Setting = Setting {
    name: "ENTRA_TENANT_ID",
    meaning: "Id of the Entra tenant whose users sign in",
    absent: Absent::Refused,
    local: TENANT,
    azure: "Bicep: the tenant of the deployment",
    wrong: Some("common"),
};
pub(super) static ENTRA_CLIENT_ID: Setting = Setting {
    name: "ENTRA_CLIENT_ID",
    meaning: "Application (client) id of the Entra app: client of the sign-in and middle tier of the on-behalf-of flow",
    absent: Absent::Refused,
    local: TENANT,
    azure: "Bicep: the app that it registers",
    wrong: Some("my-app"),
};
pub(super) static AZURE_CLIENT_ID: Setting = Setting {
    name: "AZURE_CLIENT_ID",
    meaning: "Client id of the workload's managed identity, by which Entra, Cosmos DB and Key Vault know the handler",
    absent: Absent::Refused,
    local: TENANT,
    azure: "Bicep: the identity of the function app",
    wrong: Some("my-identity"),
};
pub(super) static AZURE_CLOUD: Setting = Setting {
    name: "AZURE_CLOUD",
    meaning: "Azure cloud. Determines the hosts of Entra, Microsoft Graph and Key Vault, and the audience of the federated \
              credential",
    absent: Absent::Default("public"),
    local: NOBODY,
    azure: "Bicep: the cloud of the deployment",
    wrong: Some("moon"),
};
pub(super) static ENTRA_AUTHORITY_HOST: Setting = Setting {
    name: "ENTRA_AUTHORITY_HOST",
    meaning: "Origin of the tenant that stands in for Entra; not in production",
    absent: Absent::Nothing("Entra of `AZURE_CLOUD`"),
    local: TENANT,
    azure: NOBODY,
    wrong: Some("https://login.example.com"),
};
pub(super) static GRAPH_ENDPOINT: Setting = Setting {
    name: "GRAPH_ENDPOINT",
    meaning: "Origin of what stands in for Microsoft Graph and every other API; not in production",
    absent: Absent::Nothing("Microsoft Graph of `AZURE_CLOUD`, each other API at its own"),
    local: TENANT,
    azure: NOBODY,
    wrong: Some("https://graph.example.com"),
};
pub(super) static DATA_DIR: Setting = Setting {
    name: "DATA_DIR",
    meaning: "Folder of the embedded store (`store.redb`) and the key file (`data-key`), for one process; not in production",
    absent: Absent::Nothing("the store is Cosmos DB"),
    local: "`cargo local`, without `--azure`: `.local`",
    azure: NOBODY,
    wrong: Some(".local"),
};
pub(super) static COSMOS_ENDPOINT: Setting = Setting {
    name: "COSMOS_ENDPOINT",
    meaning: "Endpoint of the Cosmos DB account. Either this or `DATA_DIR` is set",
    absent: Absent::Nothing("the store is in `DATA_DIR`; refused in production"),
    local: "`cargo local --azure`: the emulator",
    azure: "Bicep: the account that it creates",
    wrong: Some("http://account.documents.azure.com"),
};
pub(super) static COSMOS_DATABASE: Setting = Setting {
    name: "COSMOS_DATABASE",
    meaning: "Database that holds all containers",
    absent: Absent::Default("mcp"),
    local: NOBODY,
    azure: "Bicep: the database that it creates",
    wrong: Some("a/b"),
};
pub(super) static KEY_VAULT_KEY_ID: Setting = Setting {
    name: "KEY_VAULT_KEY_ID",
    meaning: "The key in Key Vault that wraps the data keys, without a version. Required with `COSMOS_ENDPOINT`",
    absent: Absent::Nothing("the data key is the key file in `DATA_DIR`"),
    local: "`cargo local --azure`: the local tenant's vault",
    azure: "Bicep: the key that it creates",
    wrong: Some("https://v.vault.azure.net/keys/n/0123"),
};
pub(super) static GATEWAY_PRINCIPAL_ID: Setting = Setting {
    name: "GATEWAY_PRINCIPAL_ID",
    meaning: "Object id of API Management's managed identity. With it, every request must carry that identity's token",
    absent: Absent::Nothing("there is no gateway in front; refused in production"),
    local: "`cargo local --gateway`",
    azure: "Bicep: the identity of API Management",
    wrong: Some("the-gateway"),
};
pub(super) static EVENT_POLL_MS: Setting = Setting {
    name: "EVENT_POLL_MS",
    meaning: "Polling interval in milliseconds for messages that other instances received for a stream of this one",
    absent: Absent::Default("100"),
    local: "your shell",
    azure: "Bicep: `EVENT_POLL_MS` of azd",
    wrong: Some("5"),
};
pub(super) static MCP_LIMITS: Setting = Setting {
    name: "MCP_LIMITS",
    meaning: "Limits of callers that differ from [their defaults](operations/limits.md), such as \
              `streams=64, calls-per-minute=1200`, separated by commas or spaces",
    absent: Absent::Nothing("every limit has its default"),
    local: "your shell",
    azure: "Bicep: `MCP_LIMITS` of azd",
    wrong: Some("streams=0"),
};
pub(super) static MCP_SERVER_NAME: Setting = Setting {
    name: "MCP_SERVER_NAME",
    meaning: "Name of the server on its pages and in MCP",
    absent: Absent::Default("Mini MCP Server"),
    local: "your shell",
    azure: "Bicep: `MCP_SERVER_NAME` of azd",
    wrong: None,
};
pub(super) static ALLOWED_ORIGINS: Setting = Setting {
    name: "ALLOWED_ORIGINS",
    meaning: "Origins whose scripts may call the MCP endpoints from a browser, separated by commas or spaces, besides \
              our own and loopback ones",
    absent: Absent::Default(""),
    local: "your shell",
    azure: "Bicep: `MCP_ALLOWED_ORIGINS` of azd",
    wrong: Some("https://app.example.com/path"),
};
pub(super) static PRIVATE_USE_SCHEMES: Setting = Setting {
    name: "PRIVATE_USE_SCHEMES",
    meaning: "Private-use schemes (RFC 8252 §7.1) that redirect URIs may have besides those of known desktop clients, separated by \
              commas or spaces",
    absent: Absent::Nothing("no further ones"),
    local: "your shell",
    azure: "Bicep: `PRIVATE_USE_SCHEMES` of azd",
    wrong: Some("javascript"),
};
pub(super) static CLIENT_METADATA_HOSTS: Setting = Setting {
    name: "CLIENT_METADATA_HOSTS",
    meaning: "Hosts whose clients need no registration (Client ID Metadata Documents), separated by commas or spaces: a name, \
              `*.example.com` for the names below it, `*` for every public host. A member with `!` refuses what it names",
    absent: Absent::Default("*"),
    local: "your shell",
    azure: "Bicep: `CLIENT_METADATA_HOSTS` of azd",
    wrong: Some("https://claude.ai"),
};
pub(super) static PREAUTHORIZED_CLIENT_IDS: Setting = Setting {
    name: "PREAUTHORIZED_CLIENT_IDS",
    meaning: "Applications that get their tokens from Entra themselves, by application (client) id, separated by commas or \
              spaces. Their tokens for this server are accepted on the MCP endpoints. With [`:public`](operations.md#entra-clients) \
              behind an id, a token for which the application did not authenticate itself is accepted, too",
    absent: Absent::Nothing("every token of Entra is refused"),
    local: "your shell",
    azure: "Bicep: `PREAUTHORIZED_CLIENT_IDS` of azd",
    wrong: Some("vscode"),
};
pub(super) static DEFAULT_SCOPES: Setting = Setting {
    name: "DEFAULT_SCOPES",
    meaning: "Scopes of a first sign-in, separated by commas or spaces. Metadata and challenge name them, and a client that asks \
              for no scope gets them. Clients are asked for every other scope when they first call a tool that needs it",
    absent: Absent::Default("user.read"),
    local: "your shell",
    azure: "Bicep: `DEFAULT_SCOPES` of azd",
    wrong: Some("mail.send"),
};
pub(super) static TOOLS: Setting = Setting {
    name: "TOOLS",
    meaning: "Names of the tools that are served, separated by commas or spaces. `search_mail=Admin` serves a tool to people with that app \
              role of Entra ID only",
    absent: Absent::Nothing("every tool is served"),
    local: "your shell",
    azure: "Bicep: `MCP_TOOLS` of azd",
    wrong: Some("send_mail"),
};
pub(super) static LOG_LEVEL: Setting = Setting {
    name: "LOG_LEVEL",
    meaning: "The least serious messages that are logged",
    absent: Absent::Default("info"),
    local: "your shell",
    azure: "Bicep: `MCP_LOG_LEVEL` of azd",
    wrong: Some("loud"),
};
pub(super) static IDENTITY_ENDPOINT: Setting = Setting {
    name: "IDENTITY_ENDPOINT",
    meaning: "Where the managed identity gets its tokens",
    absent: Absent::Refused,
    local: TENANT,
    azure: "App Service",
    wrong: None,
};
pub(super) static IDENTITY_HEADER: Setting = Setting {
    name: "IDENTITY_HEADER",
    meaning: "Secret sent with each request to `IDENTITY_ENDPOINT`",
    absent: Absent::Refused,
    local: TENANT,
    azure: "App Service",
    wrong: None,
};

/// All settings, in the order of the documentation.
pub static SETTINGS: [&Setting; 25] = [
    &PUBLIC_BASE_URL,
    &FUNCTIONS_CUSTOMHANDLER_PORT,
    &ENTRA_TENANT_ID,
    &ENTRA_CLIENT_ID,
    &AZURE_CLIENT_ID,
    &AZURE_CLOUD,
    &ENTRA_AUTHORITY_HOST,
    &GRAPH_ENDPOINT,
    &DATA_DIR,
    &COSMOS_ENDPOINT,
    &COSMOS_DATABASE,
    &KEY_VAULT_KEY_ID,
    &GATEWAY_PRINCIPAL_ID,
    &EVENT_POLL_MS,
    &MCP_LIMITS,
    &MCP_SERVER_NAME,
    &ALLOWED_ORIGINS,
    &PRIVATE_USE_SCHEMES,
    &CLIENT_METADATA_HOSTS,
    &PREAUTHORIZED_CLIENT_IDS,
    &DEFAULT_SCOPES,
    &TOOLS,
    &LOG_LEVEL,
    &IDENTITY_ENDPOINT,
    &IDENTITY_HEADER,
];
