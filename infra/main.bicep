// Everything that the server needs in Azure, in one resource group, and its registration in Entra ID. Nothing here is a secret.
// `cargo xtask preflight` reads the decorators of these parameters, to check values before anything is deployed.

targetScope = 'subscription'

@description('Name of the azd environment; names the resource group.')
@minLength(1)
@maxLength(64)
param environmentName string

// The regions in both lists on 2026-11-28: Flex Consumption, as in Azure-Samples/functions-quickstart-python-http-azd
// (infra/main.bicep); Basic v2 and Standard v2,
// https://learn.microsoft.com/azure/api-management/api-management-region-availability.
@description('Region. It must offer Flex Consumption and the v2 tiers of API Management.')
@allowed([
  'australiaeast'
  'australiasoutheast'
  'brazilsouth'
  'canadacentral'
  'centralindia'
  'centralus'
  'eastasia'
  'eastus'
  'eastus2'
  'francecentral'
  'germanywestcentral'
  'italynorth'
  'japaneast'
  'koreacentral'
  'northcentralus'
  'northeurope'
  'norwayeast'
  'southafricanorth'
  'southcentralus'
  'southindia'
  'swedencentral'
  'uaenorth'
  'uksouth'
  'ukwest'
  'westeurope'
  'westus'
  'westus2'
])
@metadata({ azd: { type: 'location' } })
param location string

@description('Tier of API Management. With vnetEnabled it is always StandardV2.')
@allowed(['BasicV2', 'StandardV2'])
param apimSku string = 'BasicV2'

@description('Address that Azure sends notices about API Management to.')
param publisherEmail string = 'noreply@example.com'

@description('Storage, Cosmos DB, Key Vault and the function app behind private endpoints, and closed to the internet.')
param vnetEnabled bool = false

@description('Addresses of the network, a /24.')
param vnetAddressPrefix string = '10.64.0.0/24'

@description('Memory of an instance of the function app.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Instances kept warm. With 0, the first request after a pause waits for a cold start.')
@minValue(0)
@maxValue(20)
param alwaysReadyCount int = 1

// For HTTP the platform may exceed it for a while: https://github.com/Azure/azure-functions-host/issues/11790.
@description('Number of instances that the platform aims not to exceed. Fewer than 40 are a preview that not every region has.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Name of the server, on its pages and in the sign-in of Entra ID.')
@minLength(1)
param mcpServerName string = 'Mini MCP Server'

@description('Browser origins that may call the MCP endpoints, separated by commas. Loopback and the server itself always may.')
param allowedOrigins string = ''

@description('Private-use URI schemes that clients may redirect to, separated by commas. Empty: those of the known clients.')
param privateUseSchemes string = ''

@description('Hosts whose clients need no registration, separated by commas. Empty: every public host.')
param clientMetadataHosts string = ''

@description('Scopes that a client asks for at its first sign-in, separated by commas. Empty: user.read. A tool asks for others when it is first called.')
param defaultScopes string = ''

@description('Tools that are served, separated by commas. Empty: all.')
param mcpTools string = ''

@description('Log level of the handler.')
@allowed(['error', 'warn', 'info', 'debug', 'trace'])
param logLevel string = 'info'

@description('How often an instance that holds streams looks for messages which other instances took.')
@minValue(10)
@maxValue(1000)
param eventPollMilliseconds int = 100

@description('Limits of callers that differ from their defaults, such as streams=64, separated by commas (docs/operations/limits.md).')
param mcpLimits string = ''

@description('Calls of one address a minute that the gateway lets through: a flood guard, since an organisation may call from one address.')
@minValue(1000)
@maxValue(100000)
param gatewayCallsPerMinute int = 12000

@description('Days that telemetry is kept.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 30

@description('Gigabytes of telemetry a day, after which the workspace drops telemetry until the next day. 0: no cap.')
@minValue(0)
@maxValue(1000)
param logDailyCapGB int = 2

@description('Whether Log Analytics gets a record of each operation on the data in Cosmos DB. It always gets the changes of the account.')
param logStoreOperations bool = false

@description('Address that is told when an alert fires. Empty: no alerts.')
param alertEmail string = ''

@description('Consent for everyone in the tenant. Deploying it needs a privileged role in Entra ID.')
param grantAdminConsent bool = false

@description('Applications that get their tokens from Entra themselves, by application id, separated by commas; with :public behind the id of a public client. Needs grantAdminConsent or assignmentRequired, because their users cannot consent to what this server needs.')
param preauthorizedClientIds string = ''

@description('Only assigned users and groups may sign in. Deploying it needs a privileged role in Entra ID, and consents for everyone. false leaves the setting of an administrator as it is.')
param assignmentRequired bool = false

@description('Object ids of the users and groups to assign, separated by commas.')
param assignedPrincipalIds string = ''

@description('Object ids of the users and groups that operate the server, separated by commas. Deploying it needs a privileged role in Entra ID.')
param adminPrincipalIds string = ''

@description('Cosmos DB account that was restored from a backup, in the same resource group. Empty: the one with the name of this deployment.')
@maxLength(44)
param cosmosAccountName string = ''

@description('recover: recover the vault of the same name that azd down left soft-deleted.')
@allowed(['default', 'recover'])
param keyVaultCreateMode string = 'default'

@description('Budget a month, in the currency of the subscription. 0: no budget.')
@minValue(0)
param budgetAmount int = 0

@description('Address that is told when the budget is used up. Empty: no budget.')
param budgetContactEmail string = ''

@description('First day of the month in which the budget was made. Keep it once the budget exists.')
param budgetStartDate string = utcNow('yyyy-MM-01')

var token = toLower(uniqueString(subscription().id, environmentName, location))
var preauthorizedClients = filter(split(replace(preauthorizedClientIds, ' ', ','), ','), id => id != '')
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  scope: group
  params: { location: location, tags: tags, token: token }
}

module network 'modules/network.bicep' = if (vnetEnabled) {
  scope: group
  params: { location: location, tags: tags, token: token, addressPrefix: vnetAddressPrefix }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    retentionInDays: logRetentionInDays
    dailyCapGB: logDailyCapGB
    publisherPrincipalIds: [identities.outputs.workload.principalId, identities.outputs.gateway.principalId]
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, insightsId: monitoring.outputs.insightsId }
}

module alerts 'modules/alerts.bicep' = if (alertEmail != '') {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    email: alertEmail
    insightsId: monitoring.outputs.insightsId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workloadPrincipalId: identities.outputs.workload.principalId
    privateLink: vnetEnabled
      ? { subnetId: network!.outputs.endpointsSubnetId, zoneId: network!.outputs.blobZoneId }
      : null
  }
}

module cosmos 'modules/cosmos.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    accountName: empty(cosmosAccountName) ? 'cosmos-${token}' : cosmosAccountName
    workloadPrincipalId: identities.outputs.workload.principalId
    workspaceId: monitoring.outputs.workspaceId
    logDataOperations: logStoreOperations
    privateLink: vnetEnabled
      ? { subnetId: network!.outputs.endpointsSubnetId, zoneId: network!.outputs.cosmosZoneId }
      : null
  }
}

module keyVault 'modules/key-vault.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    createMode: keyVaultCreateMode
    workspaceId: monitoring.outputs.workspaceId
    workloadPrincipalId: identities.outputs.workload.principalId
    privateLink: vnetEnabled
      ? { subnetId: network!.outputs.endpointsSubnetId, zoneId: network!.outputs.vaultZoneId }
      : null
  }
}

// The order that has no cycle: the gateway's URL, the Entra app that redirects to it, the function app that knows both, the API.
module apimService 'modules/apim-service.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    sku: vnetEnabled ? 'StandardV2' : apimSku
    publisherEmail: publisherEmail
    gateway: identities.outputs.gateway
    subnetId: vnetEnabled ? network!.outputs.gatewaySubnetId : null
  }
}

module entraApp 'modules/entra-app.bicep' = {
  scope: group
  params: {
    uniqueName: 'remote-auth-mcp-${token}'
    displayName: mcpServerName
    publicBaseUrl: apimService.outputs.gatewayUrl
    workload: identities.outputs.workload
    gateway: identities.outputs.gateway
    grantAdminConsent: grantAdminConsent
    preauthorizedClientIds: preauthorizedClients == [] || grantAdminConsent || assignmentRequired
      ? map(preauthorizedClients, id => toLower(split(id, ':')[0]))
      : fail('preauthorizedClientIds (PREAUTHORIZED_CLIENT_IDS) needs grantAdminConsent (GRANT_ADMIN_CONSENT)')
    assignmentRequired: assignmentRequired
    assignedPrincipalIds: union([], filter(map(split(assignedPrincipalIds, ','), id => toLower(trim(id))), id => id != ''))
    adminPrincipalIds: union([], filter(map(split(adminPrincipalIds, ','), id => toLower(trim(id))), id => id != ''))
    deployer: { objectId: deployer().objectId, isPerson: !empty(deployer().?userPrincipalName ?? '') }
  }
}

module functionApp 'modules/function-app.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    token: token
    workload: identities.outputs.workload
    handler: {
      publicBaseUrl: apimService.outputs.gatewayUrl
      entraClientId: entraApp.outputs.clientId
      cosmosEndpoint: cosmos.outputs.endpoint
      cosmosDatabase: cosmos.outputs.databaseName
      keyVaultKeyId: keyVault.outputs.keyId
      gatewayPrincipalId: identities.outputs.gateway.principalId
      serverName: mcpServerName
      allowedOrigins: allowedOrigins
      privateUseSchemes: privateUseSchemes
      clientMetadataHosts: clientMetadataHosts
      preauthorizedClientIds: preauthorizedClientIds
      defaultScopes: defaultScopes
      tools: mcpTools
      logLevel: logLevel
      eventPollMilliseconds: eventPollMilliseconds
      limits: mcpLimits
    }
    scale: {
      instanceMemoryMB: instanceMemoryMB
      alwaysReadyCount: alwaysReadyCount
      maximumInstanceCount: maximumInstanceCount
    }
    storage: {
      accountName: storage.outputs.accountName
      blobServiceUri: storage.outputs.blobServiceUri
      packageContainerUri: storage.outputs.packageContainerUri
    }
    insightsConnectionString: monitoring.outputs.connectionString
    subnetId: vnetEnabled ? network!.outputs.functionsSubnetId : null
    privateLink: vnetEnabled
      ? { subnetId: network!.outputs.endpointsSubnetId, zoneId: network!.outputs.sitesZoneId }
      : null
  }
}

module apimApi 'modules/apim-api.bicep' = {
  scope: group
  params: {
    serviceName: apimService.outputs.name
    backendOrigin: functionApp.outputs.origin
    gatewayClientId: identities.outputs.gateway.clientId
    entraClientId: entraApp.outputs.clientId
    callsPerMinute: gatewayCallsPerMinute
  }
}

module apimDiagnostics 'modules/apim-diagnostics.bicep' = {
  scope: group
  params: {
    serviceName: apimService.outputs.name
    apiName: apimApi.outputs.name
    insightsId: monitoring.outputs.insightsId
    insightsConnectionString: monitoring.outputs.connectionString
    workspaceId: monitoring.outputs.workspaceId
    gatewayClientId: identities.outputs.gateway.clientId
  }
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0 && budgetContactEmail != '') {
  scope: group
  params: { amount: budgetAmount, contactEmail: budgetContactEmail, startDate: budgetStartDate }
}

@description('Streamable HTTP.')
output MCP_ENDPOINT string = '${apimService.outputs.gatewayUrl}/mcp'

@description('HTTP+SSE.')
output MCP_SSE_ENDPOINT string = '${apimService.outputs.gatewayUrl}/mcp/sse'

@description('Page where users see and revoke what they allowed.')
output CONNECTIONS_PAGE string = '${apimService.outputs.gatewayUrl}/connections'

@description('Page where operators see and block applications. The role Admin opens it.')
output OPERATOR_PAGE string = '${apimService.outputs.gatewayUrl}/operator'

@description('Client id of the app registration.')
output ENTRA_CLIENT_ID string = entraApp.outputs.clientId

@description('Resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Origin of the function app, which answers only the gateway; for the smoke check.')
output FUNCTION_APP_ORIGIN string = functionApp.outputs.origin

@description('The endpoints of the service that azd shows, beside the function app behind the gateway.')
output SERVICE_MCP_ENDPOINTS string[] = ['${apimService.outputs.gatewayUrl}/mcp', '${apimService.outputs.gatewayUrl}/mcp/sse']
