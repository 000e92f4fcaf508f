// Cosmos DB: serverless, one region, Strong. Data is reached with Entra tokens only, so containers must be made here.

import { PrivateLink, Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Name of the account. After a restore, the one that was restored.')
param accountName string

@description('Object id of the workload identity.')
param workloadPrincipalId string

@description('Resource id of the Log Analytics workspace that gets the audit log.')
param workspaceId string

@description('Whether each operation on the data is logged, too: about as many records as the table in docs/operations.md has operations.')
param logDataOperations bool

@description('Private endpoint; absent for the public one.')
param privateLink PrivateLink?

var cosmosDbBuiltInDataContributor = '00000000-0000-0000-0000-000000000002'
var databaseName = 'mcp'
var containers = loadJsonContent('../contract.json').containers

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: accountName
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: [{ name: 'EnableServerless' }]
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
    // A week, at no charge. Periodic backups can only be restored by Microsoft's support.
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: 'Continuous7Days' } }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: privateLink == null ? 'Enabled' : 'Disabled'
    networkAclBypass: 'None'
  }

  resource database 'sqlDatabases' = {
    name: databaseName
    properties: { resource: { id: databaseName } }

    // One after another, as everything in an account: Cosmos DB refuses a second operation while one is under way.
    // -1: items expire by their own ttl, and one without ttl stays. What is asked often is asked by partition and id, and
    // Cosmos DB indexes `id` and `_ts` in any case: no path is indexed.
    @batchSize(1)
    resource all 'containers' = [
      for container in containers: {
        name: container.name
        properties: {
          resource: {
            id: container.name
            partitionKey: { kind: 'Hash', version: 2, paths: [container.partitionKey] }
            defaultTtl: -1
            indexingPolicy: { indexingMode: 'consistent', includedPaths: [], excludedPaths: [{ path: '/*' }] }
          }
        }
      }
    ]
  }

  resource contributor 'sqlRoleAssignments' = {
    name: guid(account.id, workloadPrincipalId, cosmosDbBuiltInDataContributor)
    properties: {
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${cosmosDbBuiltInDataContributor}'
      principalId: workloadPrincipalId
      scope: '${account.id}/dbs/${database.name}'
    }
    dependsOn: [database::all]
  }
}

// Changes of the account and its roles, with their authors.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: account
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      { category: 'ControlPlaneRequests', enabled: true }
      { category: 'DataPlaneRequests', enabled: logDataOperations }
    ]
  }
}

module endpoint 'private-endpoint.bicep' = if (privateLink != null) {
  params: {
    location: location
    tags: tags
    targetId: account.id
    groupId: 'Sql'
    privateLink: privateLink!
  }
  dependsOn: [account::contributor]
}

@description('Endpoint of the account.')
output endpoint string = account.properties.documentEndpoint

@description('Database that holds all containers.')
output databaseName string = databaseName
