//! The setup of an administrator: the tenant, the app registration with its federated credential, the workload
//! identity. All ids are fixed, so that a restarted product finds the same users and the same app.

/// The tenant.
pub const TENANT_ID: &str = "c682b3ee-a0f4-4964-b446-9e3b1e3f3d28";
/// The app registration: sign-in client and on-behalf-of middle tier at once.
pub(crate) const CLIENT_ID: &str = "1c672d02-ee2b-48b1-9f0d-7d4b86a8214e";
/// Its name on the sign-in page and in refusals.
pub(crate) const APP_NAME: &str = "remote-auth-mcp";
/// The one scope the app exposes.
pub(crate) const APP_SCOPE: &str = "access_as_user";
/// Client id of the user-assigned managed identity.
pub(crate) const WORKLOAD_CLIENT_ID: &str = "be6c968f-0c4b-4aea-97d4-0cd95ec1f249";
/// Its object id: the subject of the federated credential.
pub(crate) const WORKLOAD_PRINCIPAL_ID: &str = "2632f208-0024-435f-aba3-c3209b8ec91c";
/// Audience of the federated credential.
pub(crate) const EXCHANGE_AUDIENCE: &str = "api://AzureADTokenExchange";
/// Azure Cosmos DB's data plane, as a resource of the identity endpoint.
pub(crate) const COSMOS_RESOURCE: &str = "https://cosmos.azure.com";
/// Azure Key Vault's data plane, as a resource of the identity endpoint.
pub(crate) const VAULT_RESOURCE: &str = "https://vault.azure.net";

/// Client id of the gateway's managed identity.
pub const GATEWAY_CLIENT_ID: &str = "7b0c2d94-6f3e-4d0b-9a57-51f0c6c1d8ae";
/// Its object id: the product's `GATEWAY_PRINCIPAL_ID`.
pub const GATEWAY_PRINCIPAL_ID: &str = "d2f4e0b7-3c19-4f7e-8a5d-9e61b47c20f3";

/// Microsoft Graph's app id, the audience of its access tokens.
pub(crate) const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";
/// Microsoft Graph's identifier in scopes.
pub(crate) const GRAPH_URI: &str = "https://graph.microsoft.com";
/// The delegated permissions the registration asks Graph for: what `.default` means before anything is consented to.
pub(crate) const GRAPH_REQUIRED: &str = "User.Read";

/// Client id of a second API of the tenant, the audience of its access tokens.
pub(crate) const ORDERS_CLIENT_ID: &str = "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5";
/// Its application ID URI.
pub(crate) const ORDERS_URI: &str = "api://contoso.example/orders";
/// The one scope that it exposes.
pub(crate) const ORDERS_SCOPE: &str = "Orders.Read";

/// Whether this names our app by one of its identifier URIs, as Bicep registers them or as the portal proposes.
pub(crate) fn is_identifier_uri(resource: &str) -> bool {
    resource == format!("api://{TENANT_ID}/{APP_NAME}") || resource == format!("api://{CLIENT_ID}")
}
