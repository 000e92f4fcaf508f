// The handler on Flex Consumption.

import { cloudNames } from 'clouds.bicep'
import { Identity, PrivateLink, Tags } from 'types.bicep'

@description('Settings of the handler.')
type HandlerSettings = {
  @description('Public origin: the gateway.')
  publicBaseUrl: string

  @description('Client id of the Entra app.')
  entraClientId: string

  @description('Cosmos DB account.')
  cosmosEndpoint: string

  @description('Cosmos DB database.')
  cosmosDatabase: string

  @description('Key that wraps data keys, without a version.')
  keyVaultKeyId: string

  @description('Object id of the identity of the gateway.')
  gatewayPrincipalId: string

  @description('Name on pages.')
  serverName: string

  @description('Browser origins that may call the MCP endpoints, separated by commas; loopback and the server itself always may.')
  allowedOrigins: string

  @description('Private-use redirect schemes, separated by commas; empty for those of the known clients.')
  privateUseSchemes: string

  @description('Hosts whose clients need no registration, separated by commas; empty for every public host.')
  clientMetadataHosts: string
  preauthorizedClientIds: string

  @description('Scopes of a first sign-in, separated by commas; empty for the first of the scope table.')
  defaultScopes: string

  @description('Tools that are served, separated by commas; empty for all.')
  tools: string

  @description('Log level.')
  logLevel: ('error' | 'warn' | 'info' | 'debug' | 'trace')

  @description('How often an instance that holds streams looks for messages taken by others.')
  eventPollMilliseconds: int

  @description('Limits of callers that differ from their defaults; empty for none.')
  limits: string
}

@description('How large and how many the instances are.')
type Scale = {
  @description('Memory of an instance.')
  instanceMemoryMB: (512 | 2048 | 4096)

  @description('Instances kept warm.')
  alwaysReadyCount: int

  @description('Number of instances that the platform aims not to exceed.')
  maximumInstanceCount: int
}

@description('Where the Functions host keeps its files.')
type HostStorage = {
  @description('Name of the account.')
  accountName: string

  @description('Blob endpoint.')
  blobServiceUri: string

  @description('Container of the deployment package.')
  packageContainerUri: string
}

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Suffix that makes names unique.')
param token string

@description('Identity of the handler.')
param workload Identity

@description('Settings of the handler.')
param handler HandlerSettings

@description('Instances.')
param scale Scale

@description('Storage of the host.')
param storage HostStorage

@description('Connection string of Application Insights; no credential.')
param insightsConnectionString string

@description('Subnet of the app; absent for the public network.')
param subnetId string?

@description('Private endpoint for the gateway; absent for the public one.')
param privateLink PrivateLink?

// An open stream takes a place for as long as it lasts.
var requestsPerInstance = 500

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'mcp' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${workload.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: subnetId
    functionAppConfig: {
      runtime: { name: 'custom', version: '1.0' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: storage.packageContainerUri
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: workload.id }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: scale.instanceMemoryMB
        maximumInstanceCount: scale.maximumInstanceCount
        alwaysReady: scale.alwaysReadyCount == 0 ? [] : [{ name: 'http', instanceCount: scale.alwaysReadyCount }]
        triggers: { http: { perInstanceConcurrency: requestsPerInstance } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      // In a network only its own addresses reach the app; deployment still comes from outside, with an Entra token.
      ipSecurityRestrictionsDefaultAction: privateLink == null ? 'Allow' : 'Deny'
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      scmIpSecurityRestrictionsUseMain: false
      appSettings: [
        { name: 'PUBLIC_BASE_URL', value: handler.publicBaseUrl }
        { name: 'MCP_SERVER_NAME', value: handler.serverName }
        { name: 'AZURE_CLOUD', value: cloudNames[environment().name] }
        { name: 'ENTRA_TENANT_ID', value: tenant().tenantId }
        { name: 'ENTRA_CLIENT_ID', value: handler.entraClientId }
        { name: 'AZURE_CLIENT_ID', value: workload.clientId }
        { name: 'COSMOS_ENDPOINT', value: handler.cosmosEndpoint }
        { name: 'COSMOS_DATABASE', value: handler.cosmosDatabase }
        { name: 'COSMOS_DISABLE_IMDS', value: '1' }
        // The allocator gives memory back at once, keeps none for a thread that is idle, and asks for no huge pages
        // (docs/operations/memory.md).
        { name: 'MIMALLOC_PURGE_DELAY', value: '0' }
        { name: 'MIMALLOC_PAGE_RECLAIM_ON_FREE', value: '-1' }
        { name: 'MIMALLOC_PAGE_FULL_RETAIN', value: '0' }
        { name: 'MIMALLOC_ALLOW_THP', value: '0' }
        { name: 'KEY_VAULT_KEY_ID', value: handler.keyVaultKeyId }
        { name: 'GATEWAY_PRINCIPAL_ID', value: handler.gatewayPrincipalId }
        { name: 'ALLOWED_ORIGINS', value: handler.allowedOrigins }
        { name: 'PRIVATE_USE_SCHEMES', value: handler.privateUseSchemes }
        { name: 'CLIENT_METADATA_HOSTS', value: handler.clientMetadataHosts }
        { name: 'PREAUTHORIZED_CLIENT_IDS', value: handler.preauthorizedClientIds }
        { name: 'DEFAULT_SCOPES', value: handler.defaultScopes }
        { name: 'TOOLS', value: handler.tools }
        { name: 'LOG_LEVEL', value: handler.logLevel }
        { name: 'EVENT_POLL_MS', value: string(handler.eventPollMilliseconds) }
        { name: 'MCP_LIMITS', value: handler.limits }
        // With the URI alone, the host may fail to make its blob client early in its start (azure-functions-host#11787).
        { name: 'AzureWebJobsStorage__accountName', value: storage.accountName }
        { name: 'AzureWebJobsStorage__blobServiceUri', value: storage.blobServiceUri }
        { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
        { name: 'AzureWebJobsStorage__clientId', value: workload.clientId }
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insightsConnectionString }
        { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${workload.clientId};Authorization=AAD' }
      ]
    }
  }

  resource noFtpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource noScmPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

module endpoint 'private-endpoint.bicep' = if (privateLink != null) {
  params: {
    location: location
    tags: tags
    targetId: site.id
    groupId: 'sites'
    privateLink: privateLink!
  }
}

@description('Origin of the app, behind the gateway.')
output origin string = 'https://${site.properties.defaultHostName}'
