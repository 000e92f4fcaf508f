// Values that differ between clouds and that environment() does not have, by environment().name.

@export()
@description('AZURE_CLOUD of the handler.')
var cloudNames = {
  AzureCloud: 'public'
  AzureUSGovernment: 'usgov'
  AzureChinaCloud: 'china'
}

// In China environment().authentication.loginEndpoint names another host than the tokens do.
@export()
@description('Host in the issuer of a managed identity token. Source: AuthorityMetadata.ts in https://github.com/AzureAD/microsoft-authentication-library-for-js; for the public cloud also https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity.')
var federationIssuers = {
  #disable-next-line no-hardcoded-env-urls
  AzureCloud: 'https://login.microsoftonline.com'
  #disable-next-line no-hardcoded-env-urls
  AzureUSGovernment: 'https://login.microsoftonline.us'
  AzureChinaCloud: 'https://login.partner.microsoftonline.cn'
}

@export()
@description('Audience of a managed identity token that serves as a client assertion. Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity.')
var federationAudiences = {
  AzureCloud: 'api://AzureADTokenExchange'
  AzureUSGovernment: 'api://AzureADTokenExchangeUSGov'
  AzureChinaCloud: 'api://AzureADTokenExchangeChina'
}

@export()
@description('Private DNS zone of Cosmos DB for NoSQL.')
var cosmosZones = {
  AzureCloud: 'privatelink.documents.azure.com'
  AzureUSGovernment: 'privatelink.documents.azure.us'
  AzureChinaCloud: 'privatelink.documents.azure.cn'
}

@export()
@description('Private DNS zone of Key Vault.')
var vaultZones = {
  AzureCloud: 'privatelink.vaultcore.azure.net'
  AzureUSGovernment: 'privatelink.vaultcore.usgovcloudapi.net'
  AzureChinaCloud: 'privatelink.vaultcore.azure.cn'
}

@export()
@description('Private DNS zone of function apps.')
var sitesZones = {
  AzureCloud: 'privatelink.azurewebsites.net'
  AzureUSGovernment: 'privatelink.azurewebsites.us'
  AzureChinaCloud: 'privatelink.chinacloudsites.cn'
}
