// Storage of the Functions host and of its deployment package. Keys are off.

import { PrivateLink, Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Suffix that makes names unique.')
@minLength(1)
param token string

@description('Object id of the workload identity.')
param workloadPrincipalId string

@description('Private endpoint; absent for the public one.')
param privateLink PrivateLink?

var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var packageContainer = 'app-package'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: 'st${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateLink == null ? 'Enabled' : 'Disabled'
    networkAcls: {
      defaultAction: privateLink == null ? 'Allow' : 'Deny'
      bypass: 'None'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource package 'containers' = {
      name: packageContainer
      properties: { publicAccess: 'None' }
    }
  }
}

resource owner 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, workloadPrincipalId, storageBlobDataOwner)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataOwner)
    principalId: workloadPrincipalId
    principalType: 'ServicePrincipal'
  }
}

module endpoint 'private-endpoint.bicep' = if (privateLink != null) {
  params: {
    location: location
    tags: tags
    targetId: account.id
    groupId: 'blob'
    privateLink: privateLink!
  }
}

@description('Name of the account.')
output accountName string = account.name

@description('Blob endpoint, with a final slash.')
output blobServiceUri string = account.properties.primaryEndpoints.blob

@description('Container of the deployment package.')
output packageContainerUri string = '${account.properties.primaryEndpoints.blob}${packageContainer}'
