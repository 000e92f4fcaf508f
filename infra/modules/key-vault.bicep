// The RSA key that wraps the handler's data keys. It never leaves the vault, and the vault cannot be purged.

import { PrivateLink, Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Suffix that makes names unique.')
param token string

@description('Object id of the workload identity.')
param workloadPrincipalId string

@description('Resource id of the Log Analytics workspace that gets the audit log.')
param workspaceId string

@description('recover: recover the vault of the same name that azd down left soft-deleted.')
@allowed(['default', 'recover'])
param createMode string

@description('Private endpoint; absent for the public one.')
param privateLink PrivateLink?

var keyVaultCryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    createMode: createMode
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: privateLink == null ? 'Enabled' : 'Disabled'
    // Resource Manager, which makes the key below, is such a service; RBAC applies to it all the same.
    networkAcls: {
      defaultAction: privateLink == null ? 'Allow' : 'Deny'
      bypass: 'AzureServices'
    }
  }

  // Created if absent, never replaced: a later deployment leaves key and versions alone.
  resource wrappingKey 'keys' = {
    name: 'data-key-wrap'
    properties: {
      kty: 'RSA'
      keySize: 3072
      keyOps: ['wrapKey', 'unwrapKey']
      rotationPolicy: {
        attributes: { expiryTime: 'P18M' }
        lifetimeActions: [
          { action: { type: 'rotate' }, trigger: { timeAfterCreate: 'P1Y' } }
          { action: { type: 'notify' }, trigger: { timeBeforeExpiry: 'P30D' } }
        ]
      }
    }
  }
}

resource cryptoUser 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault::wrappingKey.id, workloadPrincipalId, keyVaultCryptoUser)
  scope: vault::wrappingKey
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultCryptoUser)
    principalId: workloadPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// Uses of the key and changes of the vault, with their authors.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

module endpoint 'private-endpoint.bicep' = if (privateLink != null) {
  params: {
    location: location
    tags: tags
    targetId: vault.id
    groupId: 'vault'
    privateLink: privateLink!
  }
}

@description('The key without a version, because versions rotate.')
output keyId string = '${vault.properties.vaultUri}keys/${vault::wrappingKey.name}'
